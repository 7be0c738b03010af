import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { contentIdOf, contentIdOfHex } from '#foundation/hash.ts';
import type { FileStamp, HashedFile, WorkOptions } from './content-store.ts';
import { sameStamp, stampOf } from './scan-folder.ts';

/** Files from this size on are stored as whole objects; smaller ones go into packs. */
export const LOOSE_MIN = 1024 * 1024;
const TRIES = 3;
const CHUNK = 4 * 1024 * 1024;
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * The bytes of a file below LOOSE_MIN, or undefined when it is larger. Bytes and stamp belong together: a file
 * that changes while it is read is read again, then refused with MLO_FILE_CHANGED.
 */
export function readSmallFile(path: AbsolutePath): { bytes: Buffer; stamp: FileStamp } | undefined {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const fd = openFile(path);
    try {
      const before = regular(fstatSync(fd), path);
      if (before.size >= LOOSE_MIN) return undefined;
      // One byte more than expected shows a file that grew.
      const buffer = Buffer.allocUnsafeSlow(before.size + 1);
      let size = 0;
      while (size < buffer.length) {
        const got = readSync(fd, buffer, size, buffer.length - size, size);
        if (got === 0) break;
        size += got;
      }
      const stamp = stampOf(before);
      if (size === before.size && sameStamp(stamp, stampOf(fstatSync(fd)))) {
        return { bytes: buffer.subarray(0, size), stamp };
      }
    } catch (error) {
      throw fromSystemError(error, path);
    } finally {
      closeSync(fd);
    }
  }
  throw fileChanged(path);
}

/**
 * SHA-256 of a file of any size in one streaming read, copied to `copy` on the way when given. Memory stays
 * flat. Throws MLO_FILE_CHANGED when the file did not hold still.
 */
export async function hashStable(
  path: AbsolutePath,
  options: WorkOptions = {},
  copy?: FileHandle,
): Promise<HashedFile> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const source = await open(path, READ_FLAGS).catch((error: unknown) => {
      throw readError(error, path);
    });
    try {
      const stamp = stampOf(regular(await source.stat(), path));
      await copy?.truncate(0);
      const { id, size } = await pump(source, copy, options);
      if (size === stamp.size && sameStamp(stamp, stampOf(await source.stat()))) return { id, size, stamp };
    } finally {
      await source.close();
    }
  }
  throw fileChanged(path);
}

/** Id of a file of any size, cheap for small ones. */
export async function hashAny(path: AbsolutePath, options: WorkOptions = {}): Promise<HashedFile> {
  const small = readSmallFile(path);
  if (small === undefined) return await hashStable(path, options);
  options.onBytes?.(small.bytes.length);
  return { id: contentIdOf(small.bytes), size: small.bytes.length, stamp: small.stamp };
}

/** Reads ahead while the chunk before is hashed and written. */
async function pump(
  source: FileHandle,
  copy: FileHandle | undefined,
  options: WorkOptions,
): Promise<{ id: ContentId; size: number }> {
  const hash = createHash('sha256');
  const buffers = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)] as const;
  const read = (turn: number, at: number): Promise<{ bytesRead: number }> =>
    source.read(buffers[turn % 2 === 0 ? 0 : 1], 0, CHUNK, at);
  let size = 0;
  let next = read(0, 0);
  for (let turn = 0; ; turn += 1) {
    const { bytesRead } = await next;
    throwIfAborted(options.signal);
    if (bytesRead === 0) break;
    next = read(turn + 1, size + bytesRead);
    // A failure of the read ahead is seen by the next turn; without this it counts as unhandled meanwhile.
    next.catch(() => {});
    const bytes = buffers[turn % 2 === 0 ? 0 : 1].subarray(0, bytesRead);
    hash.update(bytes);
    if (copy) {
      for (let done = 0; done < bytes.length;) {
        done += (await copy.write(bytes, done, bytes.length - done, size + done)).bytesWritten;
      }
    }
    size += bytesRead;
    options.onBytes?.(bytesRead);
  }
  return { id: contentIdOfHex(hash.digest('hex')), size };
}

function openFile(path: AbsolutePath): number {
  try {
    return openSync(path, READ_FLAGS);
  } catch (error) {
    throw readError(error, path);
  }
}

function readError(error: unknown, path: AbsolutePath): unknown {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return fileChanged(path);
  return fromSystemError(error, path);
}

function regular(stats: Stats, path: AbsolutePath): Stats {
  if (stats.isFile()) return stats;
  throw new MloError('usage', 'MLO_SPECIAL_FILE', `${path} is not a regular file`);
}

export function fileChanged(path: AbsolutePath): MloError {
  return new MloError('conflict', 'MLO_FILE_CHANGED', `${path} changed while it was read`, {
    hint: 'wait until its writer is done, then run the same command again',
  });
}
