import { simpleGit, type SimpleGit } from 'simple-git';
import type { AbsolutePath } from '#foundation/brands.ts';
import { messageOf, MloError } from '#foundation/errors.ts';

/** State of the work tree at one moment, as a run records it. */
export interface GitState {
  /** Full commit hash; undefined before the first commit. */
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly dirty: boolean;
  /** URL of `origin` without credentials. */
  readonly remoteUrl: string | undefined;
}

function open(dir: AbsolutePath): SimpleGit {
  return simpleGit({ baseDir: dir, trimmed: true });
}

/** Undefined when `dir` is not inside a Git work tree. Throws `missing-tool` when git is not installed. */
export async function gitState(dir: AbsolutePath): Promise<GitState | undefined> {
  const git = open(dir);
  const inside = await attempt(git.raw('rev-parse', '--is-inside-work-tree'));
  if (inside !== 'true') return undefined;
  const [commit, branch, changes, remoteUrl] = await Promise.all([
    attempt(git.raw('rev-parse', '--verify', '--quiet', 'HEAD')),
    attempt(git.raw('symbolic-ref', '--short', '--quiet', 'HEAD')),
    attempt(git.raw('status', '--porcelain', '--untracked-files=no')),
    attempt(git.raw('config', '--get', 'remote.origin.url')),
  ]);
  return {
    commit: commit || undefined,
    branch: branch || undefined,
    dirty: (changes ?? '') !== '',
    remoteUrl: remoteUrl ? remoteUrl.replace(/\/\/[^/@]*@/, '//') : undefined,
  };
}

/** Changes of tracked files against HEAD, as a patch; empty when clean or before the first commit. */
export async function gitDiff(dir: AbsolutePath): Promise<string> {
  // Not trimmed: a patch whose last line is an empty context line would no longer apply.
  const git = simpleGit({ baseDir: dir });
  return (await attempt(git.raw('diff', 'HEAD', '--no-color', '--no-ext-diff', '--binary'))) ?? '';
}

/** Files below `dir` that Git neither tracks nor ignores, relative to it. */
export async function untrackedFiles(dir: AbsolutePath): Promise<readonly string[]> {
  const listed = await attempt(open(dir).raw('ls-files', '-z', '--others', '--exclude-standard'));
  return (listed ?? '').split('\0').filter((path) => path !== '');
}

/** Commit hash of a revision. Throws `not-found`. */
export async function resolveRevision(dir: AbsolutePath, revision: string): Promise<string> {
  const commit = await attempt(
    open(dir).raw('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`),
  );
  if (commit) return commit;
  throw new MloError('not-found', 'MLO_NO_SUCH_REVISION', `Git knows no revision "${revision}"`, {
    hint: 'git log --oneline',
  });
}

/** Which of these paths (relative to `dir`) Git tracks. */
export async function trackedByGit(dir: AbsolutePath, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const listed = await attempt(open(dir).raw('ls-files', '-z', '--', ...paths));
  return (listed ?? '').split('\0').filter((path) => path !== '');
}

async function attempt(command: Promise<string>): Promise<string | undefined> {
  try {
    return await command;
  } catch (error) {
    if (/ENOENT/.test(messageOf(error)) && /spawn git/.test(messageOf(error))) {
      throw new MloError('missing-tool', 'MLO_GIT_MISSING', 'git is not installed or not on PATH', {
        hint: 'install git, then run the command again',
        cause: error,
      });
    }
    return undefined;
  }
}
