import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { findGitRoot } from '#foundation/project-location.ts';
import { POINTER_ENDING } from '#formats/pointer.ts';
import { isPointerName, readPointers } from './find-pointers.ts';
import { checkNoLink, checkRealParents } from './real-parents.ts';
import type { DataContext } from './types.ts';

/** Refuses what cannot become versioned data, before anything is stored. */
export async function checkAddable(context: DataContext, paths: readonly RepoPath[]): Promise<void> {
  const { root } = context.project.paths;
  for (const path of paths) checkOne(root, path);
  checkOverlaps(
    paths,
    (await readPointers(context)).map((pointer) => pointer.path),
  );
  await checkNotInGit(root, paths);
}

function checkOne(root: AbsolutePath, path: RepoPath): void {
  if (isPointerName(path)) {
    throw new MloError('usage', 'MLO_ADD_POINTER', `${path} is a pointer, not data`, {
      hint: ['mlo add ', { path: path.slice(0, -POINTER_ENDING.length) }],
    });
  }
  checkRealParents(root, path);
  checkNoLink(root, path);
}

function checkOverlaps(paths: readonly RepoPath[], known: readonly RepoPath[]): void {
  for (const path of paths) {
    const outer = [...known, ...paths].find((other) => path.startsWith(`${other}/`));
    if (outer !== undefined) {
      throw new MloError(
        'conflict',
        'MLO_OVERLAP',
        `${path} lies inside ${outer}, which is versioned as a whole`,
        {
          hint: ['mlo add ', { path: outer }],
        },
      );
    }
    const inner = known.find((other) => other.startsWith(`${path}/`));
    if (inner !== undefined) {
      throw new MloError('conflict', 'MLO_OVERLAP', `${path} holds ${inner}, which is versioned by itself`, {
        hint: `add the other files of ${path} one by one, or remove ${inner}${POINTER_ENDING} first`,
      });
    }
  }
}

/** Git must keep the pointer, not the data. */
async function checkNotInGit(root: AbsolutePath, paths: readonly RepoPath[]): Promise<void> {
  if (findGitRoot(root) === undefined) return;
  const { trackedByGit } = await import('#adapters/git/git.ts');
  const tracked = await trackedByGit(
    root,
    paths.map((path) => `:(literal)${path}`),
  );
  const first = tracked[0];
  if (first === undefined) return;
  const path = paths.find((path) => first === path || first.startsWith(`${path}/`)) ?? first;
  const what = first === path ? path : `${path} holds ${first}, which`;
  throw new MloError('conflict', 'MLO_IN_GIT', `${what} is tracked by Git already`, {
    hint: ['git rm -r --cached ', { path }],
    details: { path, tracked: tracked.slice(0, 100) },
  });
}
