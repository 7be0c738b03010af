import { lstatSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { joinPath, type ProjectPaths } from '#foundation/paths.ts';
import { isAlive, listDir } from '#stores/cas/store-dirs.ts';
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

function sweepFolder(folder: AbsolutePath): void {
  for (const name of listDirQuietly(folder)) {
    const pid = /^\.mlo-tmp-(\d+)-[0-9a-f]{12}-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(joinPath(folder, name), { force: true });
  }
}

function listDirQuietly(folder: AbsolutePath): string[] {
  try {
    return listDir(folder);
  } catch {
    return [];
  }
}
