import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { AbsolutePath, RepoPath } from './brands.ts';
import { MloError } from './errors.ts';

export function absolutePath(base: string, path: string): AbsolutePath {
  return resolve(base, path) as AbsolutePath;
}

export function joinPath(base: AbsolutePath, ...parts: string[]): AbsolutePath {
  return join(base, ...parts) as AbsolutePath;
}

/**
 * `path` as seen from the project root. Throws a usage error when it lies outside the project or inside
 * `.git` or `.mlo`: those are never data.
 */
export function repoPath(root: AbsolutePath, path: AbsolutePath): RepoPath {
  const inside = relative(root, path).split(sep).join('/');
  if (inside === '') {
    throw new MloError('usage', 'MLO_OUTSIDE_PROJECT', `${path} is the project itself`, {
      hint: 'name a file or folder inside it',
    });
  }
  if (inside === '..' || inside.startsWith('../') || isAbsolute(inside)) {
    throw new MloError('usage', 'MLO_OUTSIDE_PROJECT', `${path} is not inside the project ${root}`);
  }
  const bad = unsafePart(inside);
  if (bad === undefined) return inside as RepoPath;
  throw new MloError('usage', 'MLO_UNSAFE_PATH', `${inside} cannot be data: ${bad}`);
}

/**
 * Accepts a relative path that came from a file someone else wrote. Refuses everything that could leave the
 * project or reach its metadata: empty, absolute, drive letters, `.`/`..` parts, NUL, backslashes,
 * `.git` and `.mlo` in any case. `where` names the file it came from.
 */
export function checkedRepoPath(text: string, where: string): RepoPath {
  const bad = unsafePart(text);
  if (bad === undefined) return text as RepoPath;
  throw new MloError('integrity', 'MLO_UNSAFE_PATH', `${where}: unsafe path ${JSON.stringify(text)}: ${bad}`);
}

function unsafePart(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > 4096) return 'it is longer than 4096 characters';
  if (text.includes('\0')) return 'it holds a NUL';
  if (text.includes('\\')) return 'it holds a backslash';
  if (text.startsWith('/') || /^[a-zA-Z]:/.test(text)) return 'it is absolute';
  for (const part of text.split('/')) {
    if (part === '' || part === '.' || part === '..') return `it has the part "${part}"`;
    if (/^\.(git|mlo)$/i.test(part)) return `it reaches into ${part}`;
  }
  return undefined;
}

/** Where everything of one project lies. In a linked Git worktree `sharedDir` is the main worktree's `.mlo`. */
export interface ProjectPaths {
  readonly root: AbsolutePath;
  /** `<root>/.mlo`: stat index, local config, locks of this worktree. */
  readonly mloDir: AbsolutePath;
  /** `.mlo` of the main worktree: store, database, predictions. */
  readonly sharedDir: AbsolutePath;
  readonly storeDir: AbsolutePath;
  readonly databaseFile: AbsolutePath;
  readonly indexFile: AbsolutePath;
  readonly locksDir: AbsolutePath;
  readonly tmpDir: AbsolutePath;
  readonly journalDir: AbsolutePath;
  readonly predictionsDir: AbsolutePath;
  readonly configFile: AbsolutePath;
  readonly localConfigFile: AbsolutePath;
  readonly pipelineFile: AbsolutePath;
  readonly lockFile: AbsolutePath;
}

export function projectPaths(root: AbsolutePath, mainRoot: AbsolutePath = root): ProjectPaths {
  const mloDir = joinPath(root, '.mlo');
  const sharedDir = joinPath(mainRoot, '.mlo');
  return {
    root,
    mloDir,
    sharedDir,
    storeDir: joinPath(sharedDir, 'store'),
    databaseFile: joinPath(sharedDir, 'mlo.db'),
    indexFile: joinPath(mloDir, 'index'),
    locksDir: joinPath(mloDir, 'locks'),
    tmpDir: joinPath(mloDir, 'tmp'),
    journalDir: joinPath(mloDir, 'journal'),
    predictionsDir: joinPath(sharedDir, 'predictions'),
    configFile: joinPath(mloDir, 'config.yaml'),
    localConfigFile: joinPath(mloDir, 'config.local.yaml'),
    pipelineFile: joinPath(root, 'mlo.yaml'),
    lockFile: joinPath(root, 'mlo.lock'),
  };
}
