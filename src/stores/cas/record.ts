import { contentIdOf } from '#foundation/hash.ts';
import { objectCorrupt } from './object-errors.ts';
import {
  RECORD,
  RECORD_HEADER_SIZE,
  recordHeaderMatches,
  UNCOMPRESSED,
  type PackEntry,
} from './pack-format.ts';

/**
 * The content of one record as read from a pack, header included. Throws MLO_OBJECT_CORRUPT unless the bytes
 * are the object: header as recorded, SHA-256 equal to the id (a chunk list carries a checksum of its own).
 */
export function verifiedRecord(bytes: Buffer, entry: PackEntry, where: string): Buffer {
  const corrupt = (why: string): Error => objectCorrupt(entry.id, where, why);
  if (bytes.length !== RECORD_HEADER_SIZE + entry.length) throw corrupt('the pack is cut short');
  if (!recordHeaderMatches(bytes, entry)) throw corrupt('the record header is wrong');
  if (entry.compression !== UNCOMPRESSED) throw corrupt(`unknown compression ${entry.compression}`);
  const content = bytes.subarray(RECORD_HEADER_SIZE);
  if (entry.type !== RECORD.chunkList && contentIdOf(content) !== entry.id) {
    throw corrupt('its SHA-256 is another one');
  }
  return content;
}
