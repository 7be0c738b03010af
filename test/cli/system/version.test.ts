import { expect, test } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('mlo version names mlo, Node and the platform', async () => {
  const dir = await tempDir();
  const result = await runCli(['version', '--json'], { cwd: dir });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.json()).toEqual({
    ok: true,
    result: {
      mlo: '0.0.0-test',
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    },
  });
  const text = await runCli(['version'], { cwd: dir });
  expect(text.stdout).toMatch(/^mlo 0\.0\.0-test \(node /);
  const short = await runCli(['--version'], { cwd: dir });
  expect(short).toMatchObject({ exitCode: 0, stdout: '0.0.0-test\n', stderr: '' });
});
