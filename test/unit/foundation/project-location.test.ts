import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { findGitRoot, locateProject } from '#foundation/project-location.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { testProject } from '../../support/project.ts';
import { tempDir } from '../../support/temp-dir.ts';

const at = (...parts: string[]): AbsolutePath => join(...(parts as [string])) as AbsolutePath;

describe('the project around a folder', () => {
  test('is the nearest one upwards', async () => {
    const project = await testProject();
    await mkdir(at(project.dir, 'a/b'), { recursive: true });
    expect(locateProject(at(project.dir, 'a/b')).root).toBe(project.dir);
    await project.write('a/.mlo/config.yaml', 'version: 1\n');
    expect(locateProject(at(project.dir, 'a/b')).root).toBe(at(project.dir, 'a'));
  });

  test('needs more than an empty .mlo folder', async () => {
    const dir = await tempDir();
    await mkdir(at(dir, '.mlo'));
    expect(() => locateProject(dir)).toThrow(
      expect.objectContaining({ kind: 'not-a-project', hint: 'mlo init' }),
    );
  });

  test('is closed to someone without permission for .mlo, and is said to be', async () => {
    const project = await testProject();
    await mkdir(at(project.dir, 'a'));
    await chmod(project.dir, 0o755);
    await chmod(at(project.dir, '.mlo'), 0o000);
    try {
      asNobody(() => {
        expect(() => locateProject(at(project.dir, 'a'))).toThrow(
          expect.objectContaining({
            code: 'MLO_NO_PERMISSION',
            message: `no permission to access ${at(project.dir, '.mlo')}`,
          }),
        );
      });
    } finally {
      await chmod(at(project.dir, '.mlo'), 0o755);
    }
  });

  test('is missing below a folder that cannot be looked into', async () => {
    const dir = await tempDir();
    await mkdir(at(dir, 'closed/.mlo'), { recursive: true });
    await chmod(at(dir, 'closed'), 0o000);
    try {
      asNobody(() => {
        expect(() => locateProject(at(dir, 'closed'))).toThrow(
          expect.objectContaining({ kind: 'not-a-project' }),
        );
      });
    } finally {
      await chmod(at(dir, 'closed'), 0o755);
    }
  });

  test('is missing for a folder that does not exist, and for a file', async () => {
    const dir = await tempDir();
    await writeFile(at(dir, 'file'), '');
    for (const name of ['nowhere/at/all', 'file']) {
      expect(() => locateProject(at(dir, name))).toThrow(expect.objectContaining({ kind: 'not-a-project' }));
    }
  });

  test('in a linked worktree shares the store of the main one', async () => {
    const project = await testProject();
    await project.write('sub/.mlo/config.yaml', 'version: 1\n');
    project.git('add', '--all', '--force');
    project.git('commit', '--quiet', '--message', 'start');
    const linked = at(await tempDir(), 'linked');
    project.git('worktree', 'add', '--quiet', linked);
    expect(locateProject(linked)).toMatchObject({
      root: linked,
      indexFile: at(linked, '.mlo/index'),
      storeDir: at(project.dir, '.mlo/store'),
    });
    expect(locateProject(at(linked, 'sub'))).toMatchObject({
      root: at(linked, 'sub'),
      storeDir: at(project.dir, 'sub/.mlo/store'),
    });
  });

  test('in a submodule stays with the submodule', async () => {
    const inner = await testProject();
    inner.git('add', '--all', '--force');
    inner.git('commit', '--quiet', '--message', 'start');
    const outer = await testProject();
    outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.dir, 'inner');
    const dir = at(outer.dir, 'inner');
    expect(locateProject(dir)).toMatchObject({ root: dir, storeDir: at(dir, '.mlo/store') });
  });
});

test('the Git root is found through a .git file too', async () => {
  const dir = await tempDir();
  execFileSync('git', ['init', '--quiet', dir]);
  await mkdir(at(dir, 'x/y'), { recursive: true });
  expect(findGitRoot(at(dir, 'x/y'))).toBe(dir);
  const other = await tempDir();
  await writeFile(at(other, '.git'), `gitdir: ${at(dir, '.git')}\n`);
  expect(findGitRoot(other)).toBe(other);
});
