import type { ContentId } from '#foundation/brands.ts';
import { contentIdOfHex, hexOf } from '#foundation/hash.ts';
import { objectCorrupt } from '../object-errors.ts';
import { readU64, sha256 } from '../pack-format.ts';

/**
 * How a large file is put together from chunks. Filed under the file's id:
 *
 *   "MLOC" · u8 version · u8 chunker (0: fixed size) · u16 0 · u32 chunk size · u32 count · u64 file size ·
 *   file id (32) · count × (chunk id (32) · u32 length) · SHA-256 of all before
 *
 * A reader needs only ids and lengths; the chunker tells a writer whether its own cuts can match.
 */
const MAGIC = Buffer.from('MLOC', 'latin1');
const VERSION = 1;
const HEADER = 56;
const ENTRY = 36;

export const FIXED_CHUNKER = 0;
/** Files from this size on travel as chunk lists. */
export const CHUNKED_MIN = 8 * 1024 * 1024;
export const CHUNK_SIZE = 4 * 1024 * 1024;

export interface Chunk {
  readonly id: ContentId;
  readonly length: number;
}

export interface ChunkList {
  readonly file: ContentId;
  readonly size: number;
  readonly chunks: readonly Chunk[];
}

export function encodeChunkList(list: ChunkList): Buffer {
  const bytes = Buffer.alloc(HEADER + list.chunks.length * ENTRY);
  MAGIC.copy(bytes);
  bytes.writeUInt8(VERSION, 4);
  bytes.writeUInt8(FIXED_CHUNKER, 5);
  bytes.writeUInt32LE(CHUNK_SIZE, 8);
  bytes.writeUInt32LE(list.chunks.length, 12);
  bytes.writeBigUInt64LE(BigInt(list.size), 16);
  bytes.write(hexOf(list.file), 24, 'hex');
  list.chunks.forEach((chunk, index) => {
    bytes.write(hexOf(chunk.id), HEADER + index * ENTRY, 'hex');
    bytes.writeUInt32LE(chunk.length, HEADER + index * ENTRY + 32);
  });
  return Buffer.concat([bytes, sha256(bytes)]);
}

/** Throws MLO_OBJECT_CORRUPT for anything but an intact list of this file. */
export function decodeChunkList(bytes: Buffer, file: ContentId, where: string): ChunkList {
  const bad = (why: string): Error => objectCorrupt(file, where, `its chunk list is not valid: ${why}`);
  if (bytes.length < HEADER + 32 || !bytes.subarray(0, 4).equals(MAGIC)) throw bad('it is something else');
  if (bytes.readUInt8(4) !== VERSION) throw bad(`unknown version ${bytes.readUInt8(4)}`);
  const count = bytes.readUInt32LE(12);
  if (bytes.length !== HEADER + count * ENTRY + 32) throw bad('its length is wrong');
  if (!sha256(bytes.subarray(0, -32)).equals(bytes.subarray(-32))) throw bad('its checksum is wrong');
  if (contentIdOfHex(bytes.toString('hex', 24, HEADER)) !== file) throw bad('it belongs to another file');
  const chunks: Chunk[] = [];
  let sum = 0;
  for (let at = HEADER; at < HEADER + count * ENTRY; at += ENTRY) {
    const length = bytes.readUInt32LE(at + 32);
    chunks.push({ id: contentIdOfHex(bytes.toString('hex', at, at + 32)), length });
    sum += length;
  }
  const size = readU64(bytes, 16);
  if (sum !== size) throw bad('its chunks do not add up');
  return { file, size, chunks };
}
