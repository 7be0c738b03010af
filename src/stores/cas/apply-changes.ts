import { lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import type { ContentSource, FileStamp, TreeRow, WorkOptions } from './content-store.ts';
import { placeFile } from './place-file.ts';
import type { RowChange } from './row-diff.ts';

export type FolderChange = RowChange<Pick<TreeRow, 'path' | 'mode'>, TreeRow>;

export interface AppliedChanges {
  /** Stamps of the files as written, by path. */
  readonly stamps: ReadonlyMap<string, FileStamp>;
  readonly written: number;
  readonly removed: number;
}

const TURN = 128;

/**
 * Carries out changes below `dest`: removals first, then new folders and files, each file by rename. Never
 * follows a symbolic link on the way to a file. May be run again after a kill.
 */
export async function applyChanges(
  source: ContentSource,
  dest: AbsolutePath,
  changes: readonly FolderChange[],
  options: WorkOptions = {},
): Promise<AppliedChanges> {
  const removed = removeOld(dest, changes);
  const folders = new RealFolders(dest);
  const stamps = new Map<string, FileStamp>();
  let count = 0;
  for (const { after } of changes) {
    if (after === undefined) continue;
    count += 1;
    if (count % TURN === 0) await nextTurn();
    throwIfAborted(options.signal);
    if (after.mode === 'dir') {
      folders.ensure(after.path);
      continue;
    }
    folders.ensure(posix.dirname(after.path));
    const placement = { id: after.id, dest: joinPath(dest, after.path), mode: after.mode, durable: false };
    stamps.set(after.path, await placeFile(source, placement, options));
  }
  return { stamps, written: stamps.size, removed };
}

function removeOld(dest: AbsolutePath, changes: readonly FolderChange[]): number {
  const emptied = new Set<string>();
  let removed = 0;
  for (const { path, before, after } of changes) {
    if (before === undefined) continue;
    const mustGo = after === undefined || (before.mode === 'dir') !== (after.mode === 'dir');
    if (!mustGo) continue;
    if (before.mode === 'dir') removeIfEmpty(joinPath(dest, path));
    else {
      removeFile(joinPath(dest, path));
      removed += 1;
    }
    for (let dir = posix.dirname(path); dir !== '.'; dir = posix.dirname(dir)) emptied.add(dir);
  }
  // Longest first: children before parents.
  for (const dir of [...emptied].sort((a, b) => b.length - a.length)) removeIfEmpty(joinPath(dest, dir));
  return removed;
}

function removeFile(path: AbsolutePath): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

function removeIfEmpty(path: AbsolutePath): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) {
      throw fromSystemError(error, path);
    }
  }
}

/** Makes folders one part at a time, so that no link is ever followed. */
class RealFolders {
  private readonly root: AbsolutePath;
  private readonly known = new Set<string>();

  constructor(root: AbsolutePath) {
    this.root = root;
  }

  ensure(path: string): void {
    if (this.known.has(path)) return;
    if (path !== '.') this.ensure(posix.dirname(path));
    const absolute = path === '.' ? this.root : joinPath(this.root, path);
    const stats = lstatSync(absolute, { throwIfNoEntry: false });
    if (stats === undefined) {
      try {
        mkdirSync(absolute, { recursive: path === '.' });
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw fromSystemError(error, absolute);
      }
    } else if (!stats.isDirectory()) throw notAFolder(absolute);
    this.known.add(path);
  }
}

function notAFolder(path: AbsolutePath): MloError {
  return new MloError(
    'conflict',
    'MLO_NOT_A_FOLDER',
    `${path} is in the way: a real folder is needed there`,
    {
      hint: 'move it away, then run the same command again',
    },
  );
}
