import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { PACKAGE_DIR } from './run-cli.ts';

/** What esbuild says of the files it wrote; keys are paths below the output folder: `cli/process.js`. */
export interface BundleGraph {
  readonly outputs: ReadonlyMap<string, Metafile['outputs'][string]>;
  readonly inputs: Metafile['inputs'];
}

export function readBundleGraph(): BundleGraph {
  return bundleGraph(JSON.parse(readFileSync(join(PACKAGE_DIR, 'dist/meta.json'), 'utf8')) as Metafile);
}

export function bundleGraph(meta: Metafile): BundleGraph {
  const outputs = Object.entries(meta.outputs).map(([path, output]) => [shortName(path), output] as const);
  return { outputs: new Map(outputs), inputs: meta.inputs };
}

/** dist/ is built under another name and then moved. */
function shortName(path: string): string {
  return path.replace(/^.*?(?=(cli|chunks)\/[^/]+$)/, '');
}

/** The file itself and all it loads before its first line runs. */
export function staticClosure(graph: BundleGraph, start: string): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const edge of graph.outputs.get(name)?.imports ?? []) {
      if (edge.kind !== 'dynamic-import' && edge.external !== true) visit(shortName(edge.path));
    }
  };
  visit(start);
  return seen;
}

/** npm packages in these output files, and those they leave to Node to find; sorted. */
export function packagesIn(graph: BundleGraph, names: Iterable<string>): string[] {
  const packages = new Set<string>();
  for (const name of names) {
    const output = graph.outputs.get(name);
    for (const input of Object.keys(output?.inputs ?? {})) {
      const inside = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(input)?.[1];
      if (inside !== undefined) packages.add(inside);
    }
    for (const edge of output?.imports ?? []) {
      const outside = edge.external === true && edge.kind !== 'dynamic-import';
      if (outside && !isBuiltIn(edge.path)) packages.add(edge.path);
    }
  }
  return [...packages].toSorted();
}

function isBuiltIn(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}
