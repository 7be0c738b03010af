import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { PACKAGE_DIR, runCli } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function repository(): Promise<AbsolutePath> {
  const dir = await tempDir();
  execFileSync('git', ['init', '--quiet', dir]);
  return dir;
}

const GIT_IGNORED = ['mlo.db', 'store/format', 'index', 'config.local.yaml', 'tmp/x', 'locks/repro'];

describe('mlo init', () => {
  test('makes a project whose configuration Git takes and whose data it ignores', async () => {
    const dir = await repository();
    const result = await runCli(['init'], { cwd: dir });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain(dir);
    const added = execFileSync('git', ['add', '--all', '--verbose'], { cwd: dir, encoding: 'utf8' });
    expect(added).toBe("add '.mlo/.gitignore'\nadd '.mlo/config.yaml'\n");
    const ignored = execFileSync('git', ['check-ignore', ...GIT_IGNORED.map((name) => `.mlo/${name}`)], {
      cwd: dir,
      encoding: 'utf8',
    });
    expect(ignored.trim().split('\n')).toHaveLength(GIT_IGNORED.length);
    // The commented configuration must itself be readable.
    expect(await runCli(['doctor'], { cwd: dir })).toMatchObject({ exitCode: 0 });
  });

  test('a second time says so and touches nothing', async () => {
    const dir = await repository();
    await runCli(['init'], { cwd: dir });
    await writeFile(join(dir, '.mlo/config.yaml'), 'version: 1\ncore:\n  jobs: 3\n');
    const result = await runCli(['init', '--json'], { cwd: dir });
    expect(result.exitCode).toBe(0);
    expect(result.json()).toMatchObject({
      ok: true,
      result: { state: 'already', files: [], template: null },
    });
    expect(await readFile(join(dir, '.mlo/config.yaml'), 'utf8')).toContain('jobs: 3');
  });

  test('takes a folder, and makes it', async () => {
    const dir = await repository();
    const result = await runCli(['init', 'models/late', '--json'], { cwd: dir });
    expect(result.json().result).toMatchObject({ root: join(dir, 'models/late'), state: 'created' });
  });

  test('outside Git fails and names the command that helps', async () => {
    const dir = await tempDir();
    const result = await runCli(['init', '--json'], { cwd: dir });
    expect(result.exitCode).toBe(1);
    expect(result.json().error).toMatchObject({ code: 'MLO_NOT_A_GIT_REPO', hint: `git init ${dir}` });
    expect(await readdir(dir)).toEqual([]);
  });

  test('a file in place of the folder is one clear error', async () => {
    const dir = await repository();
    await writeFile(join(dir, 'taken'), '');
    const result = await runCli(['init', 'taken', '--json'], { cwd: dir });
    expect(result.json().error).toMatchObject({
      code: 'MLO_NOT_A_FOLDER',
      message: expect.stringContaining('taken'),
    });
  });

  test('warns when it makes a project inside another', async () => {
    const dir = await repository();
    await runCli(['init'], { cwd: dir });
    const result = await runCli(['init', 'inner'], { cwd: dir });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain(`inside the project ${dir}`);
  });
});

describe('mlo init --template', () => {
  test('writes the template, its gitignore under its real name', async () => {
    const dir = await repository();
    const result = await runCli(['init', '--template', 'flights', '--no-install', '--json'], { cwd: dir });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const { files, install, next } = result.json().result;
    expect(install).toBe('skipped');
    expect(next[0]).toBe('npm install');
    expect(files).toEqual(
      expect.arrayContaining(['.gitignore', '.mlo/config.yaml', 'mlo.yaml', 'package.json']),
    );
    expect(files).not.toContain('gitignore');
    const template = join(PACKAGE_DIR, 'templates/flights');
    expect(await readFile(join(dir, 'mlo.yaml'), 'utf8')).toBe(
      await readFile(join(template, 'mlo.yaml'), 'utf8'),
    );
    expect(await readFile(join(dir, '.gitignore'), 'utf8')).toContain('node_modules');
  });

  test('never replaces a file of the user: it lists them and writes nothing', async () => {
    const dir = await repository();
    await writeFile(join(dir, 'mlo.yaml'), 'stages: {}\n');
    await writeFile(join(dir, 'package.json'), '{}\n');
    const refused = await runCli(['init', '--template', 'flights', '--no-install', '--json'], { cwd: dir });
    expect(refused.exitCode).toBe(13);
    expect(refused.json().error).toMatchObject({
      code: 'MLO_FILES_EXIST',
      details: { files: ['mlo.yaml', 'package.json'] },
    });
    expect((await readdir(dir)).toSorted()).toEqual(['.git', 'mlo.yaml', 'package.json']);
    const forced = await runCli(['init', '--template', 'flights', '--no-install', '--force'], { cwd: dir });
    expect(forced.exitCode).toBe(0);
    expect(await readFile(join(dir, 'mlo.yaml'), 'utf8')).not.toBe('stages: {}\n');
  });

  test('keeps the lines of a .gitignore that is there and adds its own once', async () => {
    const dir = await repository();
    await writeFile(join(dir, '.gitignore'), 'secret.txt\nnode_modules/');
    for (let time = 0; time < 2; time += 1) {
      const result = await runCli(['init', '--template', 'flights', '--no-install'], { cwd: dir });
      expect(result.exitCode).toBe(0);
    }
    const lines = (await readFile(join(dir, '.gitignore'), 'utf8')).trim().split('\n');
    expect(lines.slice(0, 2)).toEqual(['secret.txt', 'node_modules/']);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.length).toBeGreaterThan(2);
  });

  test('an unknown template is a usage error that names the known ones', async () => {
    const dir = await repository();
    const result = await runCli(['init', '--template', 'nope', '--json'], { cwd: dir });
    expect(result.exitCode).toBe(2);
    expect(result.json().error?.message).toMatch(/flights.*python/);
  });

  test('a failing npm install is explained and can be repeated', async () => {
    const dir = await repository();
    const fake = await tempDir();
    await writeFile(join(fake, 'npm'), '#!/bin/sh\necho "npm error network unreachable"; exit 1\n', {
      mode: 0o755,
    });
    await mkdir(join(fake, 'none'));
    const env = { PATH: `${fake}:${process.env.PATH ?? ''}` };
    const failed = await runCli(['init', '--template', 'flights', '--json'], { cwd: dir, env });
    expect(failed.exitCode).toBe(1);
    expect(failed.json().error).toMatchObject({
      code: 'MLO_NPM_FAILED',
      message: expect.stringContaining('network unreachable'),
    });
    await writeFile(join(fake, 'npm'), '#!/bin/sh\necho "$@" > npm-was-called\n', { mode: 0o755 });
    const again = await runCli(['init', '--template', 'flights', '--json'], { cwd: dir, env });
    expect(again.json().result).toMatchObject({ state: 'already', install: 'done' });
    expect(await readFile(join(dir, 'npm-was-called'), 'utf8')).toMatch(/^install --ignore-scripts /);
  });

  test('without npm says so', async () => {
    const dir = await repository();
    const result = await runCli(['init', '--template', 'flights', '--json'], {
      cwd: dir,
      env: { PATH: await tempDir() },
    });
    expect(result.exitCode).toBe(18);
    expect(result.json().error?.code).toBe('MLO_NPM_MISSING');
  });
});
