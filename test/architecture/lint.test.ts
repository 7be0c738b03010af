import { execFileSync } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_DIR } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Lints these files, laid out on disk under the project's own lint configuration. */
async function lint(files: Readonly<Record<string, string>>): Promise<string[]> {
  const dir = await tempDir();
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    await cp(join(PACKAGE_DIR, name), join(dir, name));
  }
  await symlink(join(PACKAGE_DIR, 'node_modules'), join(dir, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  const found = JSON.parse(runLint(dir)) as { diagnostics: { code: string; filename: string }[] };
  return found.diagnostics.map((problem) => `${problem.code} ${problem.filename}`).toSorted();
}

function runLint(dir: string): string {
  const args = [join(PACKAGE_DIR, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--format=json', 'src'];
  try {
    return execFileSync(process.execPath, args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    // Exit code 1: something was found.
    return (error as { stdout: string }).stdout;
  }
}

test('the lint configuration finds what it is there for', async () => {
  const found = await lint({
    'src/foundation/up.ts': "export * from '#formats/yaml.ts';\n",
    'src/formats/yaml.ts': "export * from '#stores/cas.ts';\n",
    'src/stores/cas.ts': "export const f = () => import('#features/data/index.ts');\n",
    'src/adapters/git/git.ts': "import type { T } from '#stores/cas.ts';\nexport type U = T;\n",
    'src/features/data/index.ts': "export * from '#cli/main.ts';\n",
    'src/features/runs/index.ts': "export * from '#features/data/deep.ts';\n",
    'src/server/api.ts': "export * from '#cli/main.ts';\n",
    'src/cli/main.ts': "export * from '#features/data/deep.ts';\n",
    'src/formats/floating.ts': 'async function f(): Promise<void> {}\nf();\n',
    'src/formats/any.ts': 'export const a: any = 1;\n',
    'src/formats/default.ts': 'export default 1;\n',
    'src/formats/console.ts': "console.log('x');\n",
    'src/formats/circle-a.ts': "import { b } from './circle-b.ts';\nexport const a = () => b;\n",
    'src/formats/circle-b.ts': "import { a } from './circle-a.ts';\nexport const b = () => a;\n",
    'src/formats/fine.ts': "import { x } from '#foundation/x.ts';\nexport const y: number = x;\n",
    'src/cli/fine.ts': "export const f = () => import('#features/data/index.ts');\n",
    'src/foundation/x.ts': 'export const x = 1;\n',
  });
  const layer = 'eslint(no-restricted-imports)';
  expect(found).toEqual([
    'eslint(no-console) src/formats/console.ts',
    `${layer} src/adapters/git/git.ts`,
    `${layer} src/cli/main.ts`,
    `${layer} src/features/data/index.ts`,
    `${layer} src/features/runs/index.ts`,
    `${layer} src/formats/yaml.ts`,
    `${layer} src/foundation/up.ts`,
    `${layer} src/server/api.ts`,
    `${layer} src/stores/cas.ts`,
    'import(no-cycle) src/formats/circle-a.ts',
    'import(no-cycle) src/formats/circle-b.ts',
    'import(no-default-export) src/formats/default.ts',
    'typescript(no-explicit-any) src/formats/any.ts',
    'typescript(no-floating-promises) src/formats/floating.ts',
  ]);
});
