import { dirname, join } from 'node:path/posix';
import { fileRules } from './file-rules.ts';
import { cycleRule, eagerPackageRule } from './graph-rules.ts';
import { importRules } from './import-rules.ts';
import { scanSource, type ImportUse } from './scan-source.ts';
import type { Edge, Tree, Violation } from './tree.ts';

/** Every breach of the architecture in `files` (path such as `src/cli/main.ts` to text), in path order. */
export function checkArchitecture(files: ReadonlyMap<string, string>): Violation[] {
  const facts = new Map([...files].map(([path, text]) => [path, scanSource(path, text)]));
  const edges = [...facts].flatMap(([path, { imports }]) => imports.map((use) => toEdge(path, use)));
  const tree: Tree = { facts, edges };
  const violations = [
    ...fileRules(tree),
    ...importRules(tree),
    ...cycleRule(tree),
    ...eagerPackageRule(tree),
  ];
  return violations.toSorted((a, b) => compare(a.file, b.file) || a.line - b.line);
}

function toEdge(from: string, use: ImportUse): Edge {
  const { specifier } = use;
  if (specifier.startsWith('#')) {
    return { ...use, from, file: `src/${specifier.slice(1)}`, package: undefined };
  }
  if (specifier.startsWith('.')) {
    return { ...use, from, file: join(dirname(from), specifier), package: undefined };
  }
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
  return { ...use, from, file: undefined, package: specifier.startsWith('node:') ? specifier : name };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function describeViolations(violations: readonly Violation[]): string {
  return violations.map((v) => `${v.file}:${v.line} [${v.rule}] ${v.message}`).join('\n');
}
