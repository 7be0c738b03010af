import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testProject } from '../../support/project.ts';
import { modelProject, recordRun, registerFromRun } from '../../support/registered-model.ts';
import { MLO_BIN, runCli } from '../../support/run-cli.ts';
import { lateModel } from '../../support/sample-models.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function complete(cwd: string, ...words: string[]): Promise<string[]> {
  const result = await runCli(['__complete', '--', ...words], { cwd });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
}

describe('what is offered', () => {
  test('commands, then options, then choices', async () => {
    const dir = await tempDir();
    const commands = await complete(dir, '');
    expect(commands).toEqual(expect.arrayContaining(['init', 'doctor', 'completion', 'version']));
    expect(commands).not.toContain('__complete');
    expect(await complete(dir, 'vers')).toEqual(['version']);
    expect(await complete(dir, 'init', '--te')).toEqual(['--template']);
    expect(await complete(dir, 'init', '--no-i')).toEqual(expect.arrayContaining(['--no-install']));
    expect(await complete(dir, 'init', '--template', '')).toEqual(['flights', 'python']);
    expect(await complete(dir, 'init', '--template=p')).toEqual(['--template=python']);
    expect(await complete(dir, 'completion', 'z')).toEqual(['zsh']);
    expect(await complete(dir, '--color', 'n')).toEqual(['never']);
  });

  test('global options before the command do not confuse it', async () => {
    const dir = await tempDir();
    expect(await complete(dir, '--json', '-C', '/tmp', 'vers')).toEqual(['version']);
  });

  test('paths are left to the shell', async () => {
    const dir = await tempDir();
    expect(await complete(dir, 'init', '')).toEqual([':files']);
    expect(await complete(dir, '-C', '')).toEqual([':files']);
    expect(await complete(dir, 'run', '--', 'python', 'tr')).toEqual([':files']);
  });

  test('remotes and stages come from the project', async () => {
    const project = await testProject(
      'version: 1\nremotes:\n  origin:\n    url: /srv/a\n  other:\n    url: /srv/b\n',
    );
    await project.write('mlo.yaml', 'stages:\n  prepare:\n    cmd: "true"\n  train:\n    cmd: "true"\n');
    expect(await complete(project.dir, 'push', '--remote', '')).toEqual(['origin', 'other']);
    expect(await complete(project.dir, 'push', '--remote', 'ot')).toEqual(['other']);
    expect(await complete(project.dir, 'repro', 'tr')).toEqual(['train']);
  });

  test('environments come from mlo.yaml, even with a mistake inside one', async () => {
    const project = await testProject();
    await project.write(
      'mlo.yaml',
      'environments:\n  prod:\n    target: kubernetes\n  staging:\n    target: elsewhere\n',
    );
    expect(await complete(project.dir, 'deploy', 'plan', '--env', '')).toEqual(['prod', 'staging']);
    expect(await complete(project.dir, 'deploy', 'plan', '--env=s')).toEqual(['--env=staging']);
  });

  test('a model reference is a name, an alias or a version; a name to register under is a name', async () => {
    const made = await modelProject();
    const { runId } = await recordRun(made.project, { model: lateModel(), metrics: { auc: 0.7 } });
    await registerFromRun(made.project, runId, made.dir);
    expect(await complete(made.dir, 'model', 'show', '')).toEqual(['late', 'late@candidate', 'late/1']);
    expect(await complete(made.dir, 'serve', 'late/')).toEqual(['late/1']);
    expect(await complete(made.dir, 'model', 'register', '')).toEqual(['late']);
  });

  test('-C names the project the values are of, wherever it stands', async () => {
    const here = await testProject('version: 1\nremotes:\n  here:\n    url: /srv/a\n');
    const there = await testProject('version: 1\nremotes:\n  there:\n    url: /srv/b\n');
    const home = basename(there.dir);
    for (const option of [
      ['-C', there.dir],
      [`-C${there.dir}`],
      ['--cwd', `../${home}`],
      [`--cwd=${there.dir}`],
    ]) {
      expect(await complete(here.dir, ...option, 'push', '--remote', '')).toEqual(['there']);
      expect(await complete(here.dir, 'push', ...option, '--remote', '')).toEqual(['there']);
    }
    const words = ['__complete', '--', '-C', `~/${home}`, 'push', '--remote', ''];
    const fromHome = await runCli(words, { cwd: here.dir, env: { HOME: dirname(there.dir) } });
    expect(fromHome.stdout).toBe('there\tremote\n');
    expect(await complete(here.dir, '-C', '/nonexistent', 'push', '--remote', '')).toEqual([]);
    expect(await complete(here.dir, 'push', '--remote', '')).toEqual(['here']);
  });

  test('a broken project offers nothing and prints no error', async () => {
    const project = await testProject('core: [\n');
    expect(await complete(project.dir, 'push', '--remote', '')).toEqual([]);
  });

  test('an unknown word offers nothing', async () => {
    const dir = await tempDir();
    expect(await complete(dir, 'nonsense', '')).toEqual([]);
  });
});

describe('the scripts', () => {
  test('an unknown shell is a usage error', async () => {
    const result = await runCli(['completion', 'tcsh', '--json'], { cwd: await tempDir() });
    expect(result.exitCode).toBe(2);
    expect(result.json().error?.message).toContain('bash, zsh, fish');
  });

  test('bash completes commands, options and values after = and @', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'data'));
    await writeFile(join(dir, 'data.csv'), '');
    const bin = await binFolder();
    const script = `
      source <(mlo completion bash)
      try() { COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mlo; echo "$(printf '%s ' "\${COMPREPLY[@]}" | tr ' ' '\\n' | sort | xargs)"; }
      try 'mlo ini' mlo ini
      try 'mlo init --template ' mlo init --template ''
      try 'mlo init --template=f' mlo init --template = f
      try 'mlo init --template=' mlo init --template =
      try 'mlo init da' mlo init da
      complete -p mlo`;
    const said = execFileSync('bash', ['--norc', '-c', script], {
      cwd: dir,
      encoding: 'utf8',
      env: { PATH: `${bin}:${process.env.PATH ?? ''}`, HOME: dir },
    });
    expect(said.split('\n')).toEqual([
      'init',
      'flights python',
      'flights',
      'flights python',
      'data data.csv',
      'complete -F _mlo mlo',
      '',
    ]);
  });

  for (const shell of ['zsh', 'fish'].filter((name) => !installed(name))) {
    process.stderr.write(`skipped: completion in ${shell}: ${shell} is not installed\n`);
  }

  test.skipIf(!installed('zsh'))('zsh accepts its script', async () => {
    const { stdout } = await runCli(['completion', 'zsh'], { cwd: await tempDir() });
    const checked = spawnSync('zsh', ['-n'], { input: stdout, encoding: 'utf8' });
    expect(checked).toMatchObject({ status: 0, stderr: '' });
  });

  test.skipIf(!installed('fish'))('fish completes', async () => {
    const dir = await tempDir();
    const said = execFileSync(
      'fish',
      ['--no-config', '-c', "mlo completion fish | source; complete -C 'mlo init --template '"],
      {
        cwd: dir,
        encoding: 'utf8',
        env: { PATH: `${await binFolder()}:${process.env.PATH ?? ''}`, HOME: dir },
      },
    );
    expect(said.trim().split(/\s+/)).toEqual(['flights', 'python']);
  });
});

/** A folder for PATH that holds the built program as `mlo`. */
async function binFolder(): Promise<string> {
  const bin = await tempDir();
  await symlink(MLO_BIN, join(bin, 'mlo'));
  return bin;
}

function installed(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}
