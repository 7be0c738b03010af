import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { AbsolutePath } from './brands.ts';
import { errnoOf, fromSystemError, MloError } from './errors.ts';
import { projectPaths, type ProjectPaths } from './paths.ts';

/**
 * The project that holds `cwd`: the nearest folder upwards with `.mlo/config.yaml`. In a linked Git worktree
 * the store and the database are those of the main worktree. Reads a few small files and starts no program,
 * because hooks call it. Throws `not-a-project` when there is none, and `failed` (MLO_NO_PERMISSION) when the
 * nearest `.mlo` may not be looked into.
 */
export function locateProject(cwd: AbsolutePath): ProjectPaths {
  const root = findUpwards(cwd, holdsProject);
  if (root === undefined) {
    throw new MloError('not-a-project', 'MLO_NOT_A_PROJECT', `no mlo project in ${cwd} or above it`, {
      hint: 'mlo init',
    });
  }
  return projectPaths(root, mainWorktreeTwin(root));
}

/** Top of the Git work tree that holds `dir`, or undefined. `.git` may be a folder or a file. */
export function findGitRoot(dir: AbsolutePath): AbsolutePath | undefined {
  return findUpwards(dir, (folder) => exists(join(folder, '.git')));
}

function findUpwards(start: AbsolutePath, accepts: (dir: string) => boolean): AbsolutePath | undefined {
  for (let dir: string = start; ; dir = dirname(dir)) {
    if (accepts(dir)) return dir as AbsolutePath;
    if (dir === dirname(dir)) return undefined;
  }
}

/** A `.mlo` that is there and closed to us is said, since `mlo init` would be the wrong advice. */
function holdsProject(dir: string): boolean {
  const mloDir = join(dir, '.mlo');
  try {
    return statSync(join(mloDir, 'config.yaml'), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errnoOf(error) === 'EACCES' && exists(mloDir)) throw fromSystemError(error, mloDir);
    return false;
  }
}

/** The same folder in the main worktree; the folder itself when it already lies there or has no Git. */
function mainWorktreeTwin(root: AbsolutePath): AbsolutePath {
  const gitRoot = findGitRoot(root);
  if (gitRoot === undefined) return root;
  const gitDir = readPointerFile(join(gitRoot, '.git'), /^gitdir: (.+)$/m, gitRoot);
  if (gitDir === undefined) return root;
  const commonDir = readPointerFile(join(gitDir, 'commondir'), /^(.+)$/m, gitDir);
  if (commonDir === undefined || basename(commonDir) !== '.git') return root;
  return resolve(dirname(commonDir), relative(gitRoot, root)) as AbsolutePath;
}

function readPointerFile(path: string, pattern: RegExp, base: string): string | undefined {
  try {
    const target = pattern.exec(readFileSync(path, 'utf8'))?.[1]?.trim();
    if (target === undefined) return undefined;
    return isAbsolute(target) ? target : resolve(base, target);
  } catch {
    return undefined;
  }
}

/** A folder that cannot be looked into holds no project for us; so does a file in place of a folder. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
