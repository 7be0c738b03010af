import { simpleGit, type SimpleGit } from 'simple-git';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, messageOf, MloError } from '#foundation/errors.ts';

/** One commit read without touching the work tree. Paths are relative to the folder it was opened with. */
export interface CommitFiles {
  readonly commit: string;
  has(path: string): boolean;
  /** Undefined when the commit has no such file. */
  bytes(path: string): Promise<Uint8Array | undefined>;
  text(path: string): Promise<string | undefined>;
}

/** Undefined when this clone does not have the commit. Throws `missing-tool` without git. */
export async function openCommit(dir: AbsolutePath, commit: string): Promise<CommitFiles | undefined> {
  const git = simpleGit({ baseDir: dir });
  const names = await listFiles(git, commit);
  if (names === undefined) return undefined;
  const bytes = async (path: string): Promise<Uint8Array | undefined> =>
    names.has(path) ? git.showBuffer(['--end-of-options', `${commit}:./${path}`]) : undefined;
  return {
    commit,
    has: (path) => names.has(path),
    bytes,
    text: async (path) => {
      const found = await bytes(path);
      return found === undefined ? undefined : new TextDecoder().decode(found);
    },
  };
}

/** Commits after `since` up to HEAD that changed a path (relative to `dir`), oldest first, at most `limit`. */
export async function commitsThatChanged(
  dir: AbsolutePath,
  range: { readonly since: string; readonly path: string; readonly limit: number },
): Promise<readonly string[]> {
  if (!COMMIT.test(range.since)) return [];
  try {
    const listed = await simpleGit({ baseDir: dir }).raw(
      'log',
      '--reverse',
      '--format=%H',
      `${range.since}..HEAD`,
      '--',
      range.path,
    );
    return listed
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, range.limit);
  } catch {
    // The run's commit is on a branch of its own, or HEAD is gone: there is nothing after it.
    return [];
  }
}

/** Anything else could be read as an option or as a branch that has moved on since. */
const COMMIT = /^[0-9a-f]{7,64}$/;

async function listFiles(git: SimpleGit, commit: string): Promise<ReadonlySet<string> | undefined> {
  if (!COMMIT.test(commit)) return undefined;
  try {
    const listed = await git.raw('ls-tree', '-r', '-z', '--name-only', commit);
    return new Set(listed.split('\0').filter((name) => name !== ''));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || /spawn git/.test(messageOf(error))) {
      throw new MloError('missing-tool', 'MLO_GIT_MISSING', 'git is not installed or not on PATH', {
        hint: 'install git, then run the command again',
        cause: error,
      });
    }
    return undefined;
  }
}
