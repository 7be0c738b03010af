import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { contentIdOf } from '#foundation/hash.ts';
import {
  ENTRY_SIZE,
  encodeTable,
  FOOTER_SIZE,
  HEADER_SIZE,
  readU64,
  RECORD,
  RECORD_HEADER_SIZE,
  RECORD_LIMIT,
  tableIsSound,
  type PackEntry,
} from './pack-format.ts';
import { PackIndex } from './pack-index.ts';
import type { StoreDirs } from './store-dirs.ts';

/**
 * Makes the index of a pack again from its record table. When the table itself is damaged, the records are
 * walked from the start and those that can still be read are kept: objects are checked when they are read, so
 * a wrong table costs objects, never wrong bytes.
 */
export function rebuildPackIndex(path: AbsolutePath, id: ContentId): PackIndex {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw fromSystemError(error, path);
  }
  try {
    const { size } = fstatSync(fd);
    return new PackIndex({ id, size }, readTable(fd, size) ?? encodeTable(walkRecords(fd, size)));
  } finally {
    closeSync(fd);
  }
}

/** No fsync: a lost index is rebuilt. A store that cannot be written to is read without one. */
export function writePackIndex(dirs: StoreDirs, index: PackIndex): void {
  const path = dirs.packIndex(index.packId);
  let temporary: AbsolutePath | undefined;
  try {
    temporary = dirs.temporary();
    writeFileSync(temporary, index.encode(), { flag: 'wx', mode: 0o444 });
    mkdirSync(dirname(path), { recursive: true });
    renameSync(temporary, path);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    const reason = errnoOf(error) ?? '';
    if (!['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(reason)) throw error;
  }
}

function readTable(fd: number, size: number): Buffer | undefined {
  if (size < HEADER_SIZE + FOOTER_SIZE) return undefined;
  const footer = readAt(fd, size - FOOTER_SIZE, FOOTER_SIZE);
  const count = footer.readUInt32LE(8);
  const length = count * ENTRY_SIZE;
  if (readU64(footer, 0) + length !== size - FOOTER_SIZE) return undefined;
  const table = readAt(fd, size - FOOTER_SIZE - length, length);
  return tableIsSound(table, size) ? table : undefined;
}

function walkRecords(fd: number, size: number): PackEntry[] {
  const entries = new Map<ContentId, PackEntry>();
  const types: ReadonlySet<number> = new Set([RECORD.file, RECORD.tree, RECORD.chunk]);
  for (let offset = HEADER_SIZE; offset + RECORD_HEADER_SIZE <= size;) {
    const header = readAt(fd, offset, RECORD_HEADER_SIZE);
    const type = header.readUInt8(0);
    const rawLength = header.readUInt32LE(2);
    const length = header.readUInt32LE(6);
    if (length > RECORD_LIMIT || rawLength > RECORD_LIMIT) break;
    if (offset + RECORD_HEADER_SIZE + length > size - FOOTER_SIZE) break;
    if (types.has(type) && header.readUInt8(1) === 0 && rawLength === length) {
      const id = contentIdOf(readAt(fd, offset + RECORD_HEADER_SIZE, length));
      entries.set(id, { id, offset, length, rawLength, type, compression: 0 });
    } else if (type !== RECORD.chunkList) break;
    offset += RECORD_HEADER_SIZE + length;
  }
  return [...entries.values()];
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const got = readSync(fd, bytes, done, length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  return bytes;
}
