import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { joinPath, type ProjectPaths } from '#foundation/paths.ts';
import { sweepFolder } from '#stores/cas/leftovers.ts';
import { listDir } from '#stores/cas/store-dirs.ts';
import type { ContentKind } from './types.ts';

/** Removes temporary files of dead processes beside and below the given paths, and in `.mlo`. */
export function sweepTemporaries(
  paths: ProjectPaths,
  items: readonly { readonly path: string; readonly kind: ContentKind }[],
): void {
  const folders = new Set<string>([paths.mloDir, paths.locksDir, paths.journalDir, paths.tmpDir]);
  for (const { path, kind } of items) {
    const absolute = joinPath(paths.root, path);
    folders.add(dirname(absolute));
    if (kind === 'dir') addFolders(absolute, folders);
  }
  for (const folder of folders) sweepFolder(folder as AbsolutePath);
}

function addFolders(folder: AbsolutePath, into: Set<string>): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  into.add(folder);
  for (const name of listDir(folder)) addFolders(joinPath(folder, name), into);
}
