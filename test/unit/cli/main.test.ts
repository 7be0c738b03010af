import { describe, expect, test } from 'vitest';
import { main } from '#cli/main.ts';
import { testProject } from '../../support/project.ts';
import { PACKAGE_DIR, runCli } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('where results and errors go', () => {
  test('a usage error under --json is an envelope on stdout, wherever --json stands', async () => {
    const dir = await tempDir();
    for (const argv of [
      ['--json', 'nonsense'],
      ['nonsense', '--json'],
    ]) {
      const result = await runCli(argv, { cwd: dir });
      expect(result).toMatchObject({ exitCode: 2, stderr: '' });
      expect(result.json()).toMatchObject({ ok: false, error: { code: 'MLO_USAGE', hint: 'mlo --help' } });
    }
  });

  test('an error is text on stderr otherwise, without a stack', async () => {
    const result = await runCli(['status'], { cwd: await tempDir() });
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/^error: no mlo project in .*\n {2}hint: mlo init\n$/);
    expect(result.exitCode).toBe(10);
  });

  test("--json after -- belongs to the user's command", async () => {
    const result = await runCli(['nonsense', '--', '--json'], { cwd: await tempDir() });
    expect(result.stderr).toContain('unknown command');
  });

  test('help lists every command below a heading of the work it belongs to', async () => {
    const help = (await runCli(['--help'], { cwd: await tempDir() })).stdout;
    expect(help.match(/^[A-Z][\w ]+:$/gm)).toEqual([
      'Options:',
      'Project:',
      'Data:',
      'Pipelines and runs:',
      'Models:',
      'After training:',
    ]);
  });

  test('-C runs as if started there', async () => {
    const project = await testProject();
    const elsewhere = await tempDir();
    const result = await runCli(['-C', project.dir, 'doctor', '--json'], { cwd: elsewhere });
    expect(JSON.stringify(result.json())).toContain(project.dir);
  });

  test('a broken configuration names file, line, column and what is known', async () => {
    const project = await testProject('version: 1\ncache:\n  link: magic\n');
    const result = await runCli(['status', '--json'], { cwd: project.dir });
    expect(result.exitCode).toBe(2);
    expect(result.json().error?.message).toBe(
      '.mlo/config.yaml:3:9: expected one of reflink, copy, found "magic"',
    );
  });

  test('a wrong environment variable is named', async () => {
    const project = await testProject();
    const result = await runCli(['status'], { cwd: project.dir, env: { MLO_JOBS: 'many' } });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('MLO_JOBS: expected a number of at least 0, found "many"');
  });
});

describe('colour', () => {
  const ESCAPE = String.fromCharCode(27);
  test.each([
    ['--color always', ['--color', 'always'], {}, true],
    ['--color always over NO_COLOR', ['--color', 'always'], { NO_COLOR: '1' }, true],
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['NO_COLOR over FORCE_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['--color never over FORCE_COLOR', ['--color', 'never'], { FORCE_COLOR: '1' }, false],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['no terminal', [], {}, false],
  ] as const)('%s', async (_name, argv, env, coloured) => {
    const result = await runCli([...argv, 'status'], { cwd: await tempDir(), env });
    expect(result.stderr.includes(ESCAPE)).toBe(coloured);
  });
});

test('a signal during the work gives its exit code and one line', async () => {
  const project = await testProject();
  let stderr = '';
  const exitCode = await main({
    argv: ['doctor'],
    env: { PATH: process.env.PATH },
    cwd: project.dir,
    version: '0',
    packageDir: PACKAGE_DIR,
    stdout: { isTTY: false, columns: undefined, write: () => {} },
    stderr: { isTTY: false, columns: undefined, write: (text) => (stderr += text) },
    stdinIsTTY: false,
    signal: AbortSignal.abort('SIGTERM'),
    readAllStdin: () => Promise.resolve(''),
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 143, stderr: 'error: stopped by SIGTERM\n' });
});
