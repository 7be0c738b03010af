import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { projectPaths } from '#foundation/paths.ts';
import { NO_LAYER, parseConfigFile, resolveConfig } from '#formats/config/config.ts';
import { makeProject, type Project } from '#stores/project.ts';
import { tempDir } from './temp-dir.ts';

const GIT_ENV = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

export interface TestProject {
  readonly dir: AbsolutePath;
  /** An open project; call again after changing configuration. */
  open(): Project;
  write(path: string, content: string | Uint8Array): Promise<void>;
  git(...args: string[]): string;
}

/** A Git repository with an initialised mlo project, made of files only: fast, for in-process tests. */
export async function testProject(config = 'version: 1\n'): Promise<TestProject> {
  const dir = await tempDir();
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: dir,
      encoding: 'utf8',
      env: { ...process.env, ...GIT_ENV },
      stdio: 'pipe',
    }).trim();
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  };
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Test');
  git('config', 'user.email', 'test@example.org');
  await write('.mlo/config.yaml', config);
  await write('.mlo/.gitignore', '/*\n!/.gitignore\n!/config.yaml\n');
  return {
    dir,
    write,
    git,
    open: () =>
      makeProject({
        paths: projectPaths(dir),
        config: resolveConfig([parseConfigFile(config, '.mlo/config.yaml'), NO_LAYER]),
        nativeDir: join(dir, '.no-native') as AbsolutePath,
      }),
  };
}
