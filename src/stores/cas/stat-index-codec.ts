import type { ContentId } from '#foundation/brands.ts';
import { contentIdOfHex, hexOf } from '#foundation/hash.ts';
import { sha256 } from './pack-format.ts';

/**
 * `.mlo/index`, all integers little-endian, columns so that a comparison touches little memory:
 *
 *   "MLOSTAT\0" · u32 version · u32 rows · u32 bytes of the path table · u32 0
 *   f64 size × rows · f64 mtime ms · f64 ctime ms · f64 inode · id (32) × rows · u8 mode · u8 flags
 *   path table: u16 UTF-16 units shared with the path before · u16 bytes of the rest · rest, UTF-8
 *   SHA-256 of all before
 *
 * Rows are sorted by path. It is a cache: a damaged or unknown one is rebuilt by reading the files again.
 */
const MAGIC = Buffer.from('MLOSTAT\0', 'latin1');
const VERSION = 1;
const HEADER = 24;
const FIXED = 4 * 8 + 32 + 2;

/** `tree`: a folder as a whole; its id holds as long as all rows below it do. */
export const INDEX_MODES = ['file', 'exec', 'symlink', 'dir', 'tree'] as const;
export type IndexMode = (typeof INDEX_MODES)[number];

export interface IndexRow {
  /** Relative to the project root. */
  readonly path: string;
  readonly mode: IndexMode;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** For `tree`: the number of files. */
  readonly ino: number;
  /** Changed so shortly before it was read that a later change may carry the same times: never trusted. */
  readonly racy: boolean;
  readonly id: ContentId;
}

export function encodeStatIndex(rows: readonly IndexRow[]): Buffer {
  const paths = encodePaths(rows);
  const count = rows.length;
  const bytes = Buffer.alloc(HEADER + count * FIXED + paths.length);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(count, 12);
  bytes.writeUInt32LE(paths.length, 16);
  const at = offsets(count);
  rows.forEach((row, index) => {
    bytes.writeDoubleLE(row.size, at.size + index * 8);
    bytes.writeDoubleLE(row.mtimeMs, at.mtime + index * 8);
    bytes.writeDoubleLE(row.ctimeMs, at.ctime + index * 8);
    bytes.writeDoubleLE(row.ino, at.ino + index * 8);
    bytes.write(hexOf(row.id), at.id + index * 32, 'hex');
    bytes.writeUInt8(INDEX_MODES.indexOf(row.mode), at.mode + index);
    bytes.writeUInt8(row.racy ? 1 : 0, at.flags + index);
  });
  paths.copy(bytes, at.paths);
  return Buffer.concat([bytes, sha256(bytes)]);
}

/** Undefined for anything but an intact index of this version. */
export function decodeStatIndex(bytes: Buffer): IndexRow[] | undefined {
  if (bytes.length < HEADER + 32 || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(8) !== VERSION) return undefined;
  const count = bytes.readUInt32LE(12);
  const at = offsets(count);
  if (at.paths + bytes.readUInt32LE(16) + 32 !== bytes.length) return undefined;
  if (!sha256(bytes.subarray(0, -32)).equals(bytes.subarray(-32))) return undefined;
  const rows: IndexRow[] = [];
  let before = '';
  let cursor = at.paths;
  for (let index = 0; index < count; index += 1) {
    const shared = bytes.readUInt16LE(cursor);
    const rest = bytes.readUInt16LE(cursor + 2);
    const path = before.slice(0, shared) + bytes.toString('utf8', cursor + 4, cursor + 4 + rest);
    cursor += 4 + rest;
    before = path;
    rows.push({
      path,
      mode: INDEX_MODES[bytes.readUInt8(at.mode + index)] ?? 'file',
      size: bytes.readDoubleLE(at.size + index * 8),
      mtimeMs: bytes.readDoubleLE(at.mtime + index * 8),
      ctimeMs: bytes.readDoubleLE(at.ctime + index * 8),
      ino: bytes.readDoubleLE(at.ino + index * 8),
      racy: bytes.readUInt8(at.flags + index) === 1,
      id: contentIdOfHex(bytes.toString('hex', at.id + index * 32, at.id + index * 32 + 32)),
    });
  }
  return rows;
}

function offsets(
  count: number,
): Record<'size' | 'mtime' | 'ctime' | 'ino' | 'id' | 'mode' | 'flags' | 'paths', number> {
  const size = HEADER;
  const mtime = size + count * 8;
  const ctime = mtime + count * 8;
  const ino = ctime + count * 8;
  const id = ino + count * 8;
  const mode = id + count * 32;
  const flags = mode + count;
  return { size, mtime, ctime, ino, id, mode, flags, paths: flags + count };
}

function encodePaths(rows: readonly IndexRow[]): Buffer {
  const parts: Buffer[] = [];
  let before = '';
  for (const { path } of rows) {
    let shared = 0;
    while (shared < before.length && path.charCodeAt(shared) === before.charCodeAt(shared)) shared += 1;
    // A surrogate pair must not be cut.
    if (shared > 0 && (path.charCodeAt(shared - 1) & 0xfc00) === 0xd800) shared -= 1;
    const rest = Buffer.from(path.slice(shared), 'utf8');
    const head = Buffer.allocUnsafe(4);
    head.writeUInt16LE(shared, 0);
    head.writeUInt16LE(rest.length, 2);
    parts.push(head, rest);
    before = path;
  }
  return Buffer.concat(parts);
}
