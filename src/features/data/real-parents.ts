import { lstatSync } from 'node:fs';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';

/** Refuses a path that is itself a symbolic link. */
export function checkNoLink(root: AbsolutePath, path: RepoPath): void {
  if (lstatSync(joinPath(root, path), { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new MloError('usage', 'MLO_ADD_LINK', `${path} is a symbolic link; mlo versions files and folders`, {
    hint: 'name what it points to, or replace it by a copy',
  });
}

/** Refuses a path that is reached through a symbolic link: it may lie anywhere on the machine. */
export function checkRealParents(root: AbsolutePath, path: RepoPath): void {
  const parts = path.split('/').slice(0, -1);
  let folder = root;
  for (const part of parts) {
    folder = joinPath(folder, part);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isSymbolicLink()) {
      throw new MloError(
        'usage',
        'MLO_LINK_IN_PATH',
        `${path} is reached through the symbolic link ${folder}`,
        {
          hint: 'version the data where it really lies, inside the project',
        },
      );
    }
  }
}
