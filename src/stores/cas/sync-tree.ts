import { lstatSync, readlinkSync } from 'node:fs';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { applyChanges, type FolderChange } from './apply-changes.ts';
import { checkCollisions } from './name-collisions.ts';
import type { ContentStore, TreeRow, WorkOptions } from './content-store.ts';
import { checkLinks } from './place-file.ts';
import { EMPTY_NODE } from './put-folder.ts';
import { diffRows } from './row-diff.ts';
import { scanFolder, type ScannedEntry } from './scan-folder.ts';
import { hashAny } from './stable-read.ts';

/** Makes `dest` hold exactly the tree. Existing files are hashed when their size could be right. */
export async function syncTreeTo(
  store: ContentStore,
  target: { readonly id: ContentId; readonly dest: AbsolutePath },
  options: WorkOptions = {},
): Promise<void> {
  const wanted = [...store.treeRows(target.id)];
  checkCollisions(wanted, target.dest);
  checkLinks(wanted, store.source(), target.dest);
  const sizes = new Map(wanted.map((row) => [row.path, row.size]));
  const current: TreeRow[] = [];
  if (lstatSync(target.dest, { throwIfNoEntry: false }) !== undefined) {
    for (const batch of scanFolder(target.dest)) {
      for (const entry of batch) current.push(await rowOf(entry, target.dest, sizes.get(entry.path)));
    }
  }
  const changes: FolderChange[] = [...diffRows(current, wanted)];
  if (wanted.length === 0) changes.push(rootFolder());
  await applyChanges(store.source(), target.dest, changes, options);
}

/** A row whose id is exact where that can matter: a file of another size differs anyway. */
async function rowOf(
  entry: ScannedEntry,
  dest: AbsolutePath,
  wantedSize: number | undefined,
): Promise<TreeRow> {
  const path = joinPath(dest, entry.path);
  const { mode, size } = entry;
  const row = (id: ContentId): TreeRow => ({ path: entry.path, mode, size, id });
  if (mode === 'dir') return row(EMPTY_NODE);
  if (mode === 'symlink') return row(contentIdOf(readlinkSync(path, { encoding: 'buffer' })));
  if (wantedSize !== size) return row(NO_CONTENT);
  return row((await hashAny(path)).id);
}

/** No content has this id: SHA-256 of nothing known. */
const NO_CONTENT = `sha256:${'0'.repeat(64)}` as ContentId;

/** An empty tree still needs its folder. */
function rootFolder(): FolderChange {
  return {
    path: '.',
    before: undefined,
    after: { path: '.', mode: 'dir', size: 0, id: EMPTY_NODE },
  };
}
