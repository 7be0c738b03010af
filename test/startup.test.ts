import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { bundleGraph, packagesIn, readBundleGraph, staticClosure } from './support/bundle-graph.ts';
import { testProject } from './support/project.ts';
import { PACKAGE_DIR, runMlo } from './support/run-cli.ts';
import { tempDir } from './support/temp-dir.ts';

/** Packages that every start may load. The YAML parser is wanted by every command that reads the project. */
const EVERY_START = ['chalk', 'commander'];
const IN_A_PROJECT = new Set([...EVERY_START, 'yaml']);

describe('what a start loads', () => {
  test('the entry holds no heavy package', () => {
    const graph = readBundleGraph();
    expect(graph.outputs.has('cli/process.js')).toBe(true);
    const found = packagesIn(graph, staticClosure(graph, 'cli/process.js'));
    expect(found).toEqual(expect.arrayContaining(['commander']));
    expect(found.filter((name) => !EVERY_START.includes(name))).toEqual([]);
  });

  test('a planted heavy import is found', async () => {
    const result = await build({
      absWorkingDir: PACKAGE_DIR,
      stdin: {
        contents: "import './src/cli/process.ts';\nimport { simpleGit } from 'simple-git';\nsimpleGit();\n",
        resolveDir: PACKAGE_DIR,
      },
      outdir: '/planted/cli',
      bundle: true,
      splitting: true,
      write: false,
      format: 'esm',
      platform: 'node',
      external: ['libsql', 'better-sqlite3', 'onnxruntime-node'],
      metafile: true,
      logLevel: 'silent',
    });
    const graph = bundleGraph(result.metafile);
    const found = packagesIn(graph, staticClosure(graph, 'cli/stdin.js'));
    expect(found.filter((name) => !EVERY_START.includes(name))).toContain('simple-git');
  });

  test('mlo version loads no more than the entry', async () => {
    const dir = await tempDir();
    expect(await packagesLoadedBy(['version'], dir)).toEqual(EVERY_START);
  });

  test('mlo --version does not load the program at all', async () => {
    const dir = await tempDir();
    expect(await packagesLoadedBy(['--version'], dir)).toEqual([]);
  });

  test('mlo status loads no SDK, no database and no model engine', async () => {
    const project = await testProject();
    await project.write('data.csv', 'a,b\n1,2\n');
    await project.write('train.py', 'print(1)\n');
    await project.write(
      'mlo.yaml',
      'stages:\n  train:\n    cmd: python train.py\n    deps: [train.py, data.csv]\n    outs: [model.bin]\n',
    );
    const added = await runMlo(['add', 'data.csv'], { cwd: project.dir });
    expect(added.stderr).not.toContain('error');
    const found = await packagesLoadedBy(['status'], project.dir);
    expect(found.filter((name) => !IN_A_PROJECT.has(name))).toEqual([]);
  });
});

/** Runs the built program and says which npm packages came with the files that Node really loaded. */
async function packagesLoadedBy(argv: readonly string[], cwd: string): Promise<string[]> {
  const coverage = join(await tempDir(), 'coverage');
  await mkdir(coverage);
  const result = await runMlo(argv, { cwd, env: { NODE_V8_COVERAGE: coverage } });
  expect(result).toMatchObject({ exitCode: 0 });
  const loaded = new Set<string>();
  const outside = new Set<string>();
  for (const name of await readdir(coverage)) {
    const report = JSON.parse(await readFile(join(coverage, name), 'utf8')) as { result: { url: string }[] };
    for (const { url } of report.result) {
      const output = /\/dist\/(.+)$/.exec(url)?.[1];
      if (output !== undefined) loaded.add(output);
      const installed = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
      if (installed !== undefined) outside.add(installed);
    }
  }
  return [...new Set([...packagesIn(readBundleGraph(), loaded), ...outside])].toSorted();
}
