import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_DIR } from '../support/run-cli.ts';
import { checkArchitecture, describeViolations } from './check-architecture.ts';

function sourceTree(): Map<string, string> {
  const src = join(PACKAGE_DIR, 'src');
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return new Map(names.toSorted().map((name) => [`src/${name}`, readFileSync(join(src, name), 'utf8')]));
}

/** The smallest tree that obeys every rule. */
const GOOD = {
  'src/cli/process.ts': "import { run } from './run.ts';\nexport const start = () => run(process.env);\n",
  'src/cli/run.ts':
    "import { Command } from './program.ts';\nexport const run = async (env: unknown) => (await import('#features/runs/index.ts')).list(env, Command);\n",
  'src/cli/program.ts': "export { Command } from 'commander';\n",
  'src/features/runs/index.ts': "export { list } from './list.ts';\n",
  'src/features/runs/list.ts':
    "import { add } from '#features/data/index.ts';\nimport type { Store } from '#stores/cas/store.ts';\nexport const list = (store: Store) => add(store);\n",
  'src/features/data/index.ts': 'export const add = (x: unknown) => x;\n',
  'src/stores/cas/store.ts':
    "import { put } from '#stores/objects/s3.ts';\nexport type Store = typeof put;\n",
  'src/stores/objects/s3.ts':
    "import { S3Client } from '@aws-sdk/client-s3';\nexport const put = S3Client;\n",
  'src/stores/project.ts': "export const open = () => import('./cas/store.ts');\n",
  'src/formats/yaml.ts':
    "import { parse } from 'yaml';\nimport { size } from '#foundation/size.ts';\nexport const y = [parse, size];\n",
  'src/foundation/size.ts':
    "import { open } from 'node:fs/promises';\nexport const size = () => open('x', 'r');\n",
};

function violationsWith(planted: Readonly<Record<string, string>>): string[] {
  return checkArchitecture(new Map(Object.entries({ ...GOOD, ...planted }))).map(
    (v) => `${v.rule} ${v.file}`,
  );
}

describe('the source tree', () => {
  test('breaks no rule of the architecture', () => {
    const tree = sourceTree();
    expect(tree.size).toBeGreaterThan(30);
    expect(describeViolations(checkArchitecture(tree))).toBe('');
  });
});

describe('a planted violation is found', () => {
  test('and a tree without one passes', () => {
    expect(violationsWith({})).toEqual([]);
  });

  const cases: Record<string, readonly [file: string, text: string, rule: string]> = {
    'a lower layer using a higher one': [
      'src/formats/bad.ts',
      "import { x } from '#stores/cas/store.ts';\nexport const y = x;\n",
      'layer',
    ],
    'a type from a higher layer': [
      'src/foundation/bad.ts',
      "import type { X } from '#formats/yaml.ts';\nexport type Y = X;\n",
      'layer',
    ],
    'a higher layer by import()': [
      'src/stores/cas/bad.ts',
      "export const f = () => import('#features/runs/index.ts');\n",
      'layer',
    ],
    'a store beside': ['src/stores/objects/bad.ts', "export * from '#stores/cas/store.ts';\n", 'layer'],
    'an adapter using a store': [
      'src/adapters/git/bad.ts',
      "export * from '#stores/cas/store.ts';\n",
      'layer',
    ],
    'a feature against the graph': [
      'src/features/data/bad.ts',
      "export const f = () => import('#features/runs/index.ts');\n",
      'layer',
    ],
    'the server using the command line': ['src/server/bad.ts', "export * from '#cli/run.ts';\n", 'layer'],
    'a feature past its door': [
      'src/features/pipelines/bad.ts',
      "import { list } from '#features/runs/list.ts';\nexport const x = list;\n",
      'feature-door',
    ],
    'a command past a door': [
      'src/cli/bad.ts',
      "import type { X } from '#features/runs/list.ts';\nexport type Y = X;\n",
      'feature-door',
    ],
    'a relative path out of the room': [
      'src/features/runs/bad.ts',
      "export * from '../../foundation/size.ts';\n",
      'import-form',
    ],
    'a room naming itself by #': ['src/formats/bad.ts', "export * from '#formats/yaml.ts';\n", 'import-form'],
    'a package out of its room': [
      'src/features/runs/bad.ts',
      "import { simpleGit } from 'simple-git';\nexport const g = simpleGit;\n",
      'package-owner',
    ],
    'a sub-path of a package by import()': [
      'src/features/runs/bad.ts',
      "export const f = () => import('onnxruntime-web/wasm');\n",
      'package-owner',
    ],
    'a package nobody owns': [
      'src/features/runs/bad.ts',
      "import x from 'left-pad';\nexport const y = x;\n",
      'package-owner',
    ],
    'the environment': ['src/features/runs/bad.ts', 'export const e = process.env.HOME;\n', 'process-access'],
    'the environment by destructuring': [
      'src/features/runs/bad.ts',
      'export const { env } = process;\n',
      'process-access',
    ],
    'the environment by a key': [
      'src/features/runs/bad.ts',
      "export const e = process['env'];\n",
      'process-access',
    ],
    'node:process': [
      'src/features/runs/bad.ts',
      "import { cwd } from 'node:process';\nexport const c = cwd;\n",
      'process-access',
    ],
    'ending the process': [
      'src/stores/cas/bad.ts',
      'export const f = () => process.exit(1);\n',
      'process-access',
    ],
    'changing the folder, even where the process may be touched': [
      'src/cli/ui/bad.ts',
      "export const f = () => process.chdir('/');\n",
      'process-access',
    ],
    'the console': [
      'src/cli/commands/bad.ts',
      "export const f = () => console.log('x');\n",
      'process-access',
    ],
    'starting a program': [
      'src/adapters/git/bad.ts',
      "import { spawn } from 'node:child_process';\nexport const s = spawn;\n",
      'child-process',
    ],
    'writing a file': [
      'src/features/runs/bad.ts',
      "import { writeFile } from 'node:fs/promises';\nexport const w = writeFile;\n",
      'file-write',
    ],
    'writing a file under another name': [
      'src/features/runs/bad.ts',
      "import { renameSync as move } from 'node:fs';\nexport const w = move;\n",
      'file-write',
    ],
    'the whole of node:fs': [
      'src/features/runs/bad.ts',
      "import * as fs from 'node:fs';\nexport const w = fs;\n",
      'file-write',
    ],
    'opening a file for writing': [
      'src/features/runs/bad.ts',
      "import { open } from 'node:fs/promises';\nexport const w = () => open('x', 'w');\n",
      'file-write',
    ],
    'a default export': ['src/formats/bad.ts', 'export default 1;\n', 'default-export'],
    'a default export by name': [
      'src/formats/bad.ts',
      'const a = 1;\nexport { a as default };\n',
      'default-export',
    ],
    'a file of 401 lines': ['src/formats/bad.ts', '// line\n'.repeat(401), 'file-size'],
    'a folder nobody knows': ['src/helpers/bad.ts', 'export const x = 1;\n', 'unknown-room'],
  };
  test.each(Object.entries(cases))('%s', (_name, [file, text, rule]) => {
    expect(violationsWith({ [file]: text })).toEqual([`${rule} ${file}`]);
  });

  test('a circle, though it is made of types', () => {
    const found = violationsWith({
      'src/formats/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
      'src/formats/b.ts': "import type { A } from './a.ts';\nexport type B = A | 1;\n",
    });
    expect(found).toEqual(['cycle src/formats/a.ts']);
  });

  test('a heavy package that the entry reaches without import()', () => {
    const found = violationsWith({
      'src/cli/run.ts': "export { list as run } from '#features/runs/index.ts';\n",
      'src/features/runs/list.ts': "import { parse } from '#formats/yaml.ts';\nexport const list = parse;\n",
    });
    expect(found).toEqual(['eager-package src/formats/yaml.ts']);
  });

  test('400 lines are allowed', () => {
    expect(violationsWith({ 'src/formats/fine.ts': '// line\n'.repeat(400) })).toEqual([]);
  });
});
