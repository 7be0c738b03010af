import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf } from '#foundation/errors.ts';
import { hexOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';

/** File names inside a store. */
export interface StoreDirs {
  readonly dir: AbsolutePath;
  readonly packs: AbsolutePath;
  readonly tmp: AbsolutePath;
  loose(id: ContentId): AbsolutePath;
  pack(id: ContentId): AbsolutePath;
  packIndex(id: ContentId): AbsolutePath;
  /** A fresh temporary name that says which process of which host it belongs to. */
  temporary(): AbsolutePath;
}

export function storeDirs(dir: AbsolutePath): StoreDirs {
  const packs = joinPath(dir, 'packs');
  const tmp = joinPath(dir, 'tmp');
  const packFile = (id: ContentId, ending: string): AbsolutePath =>
    joinPath(packs, hexOf(id).slice(0, 2), `${hexOf(id)}${ending}`);
  return {
    dir,
    packs,
    tmp,
    loose: (id) => joinPath(dir, 'loose', hexOf(id).slice(0, 2), hexOf(id).slice(2)),
    pack: (id) => packFile(id, '.pack'),
    packIndex: (id) => packFile(id, '.idx'),
    temporary: () => {
      mkdirSync(tmp, { recursive: true });
      return joinPath(tmp, `${hostMark()}-${process.pid}-${randomBytes(6).toString('hex')}`);
    },
  };
}

/**
 * Removes what killed writers left in `store/tmp`. Names tell host and pid; files of other hosts (a shared
 * store) are removed only after a week.
 */
export function sweepStoreTemporaries(dirs: StoreDirs): void {
  const weekAgo = Date.now() - 7 * 24 * 3600 * 1000;
  for (const name of listDir(dirs.tmp)) {
    const owner = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{12}$/.exec(name);
    const path = joinPath(dirs.tmp, name);
    const dead =
      owner?.[1] === hostMark()
        ? !isAlive(Number(owner[2]))
        : (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < weekAgo;
    if (dead) rmSync(path, { force: true, recursive: true });
  }
}

/** Names in a folder; empty when the folder does not exist. */
export function listDir(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
