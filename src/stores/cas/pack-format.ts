import { createHash } from 'node:crypto';
import type { ContentId } from '#foundation/brands.ts';
import { contentIdOfHex, hexOf } from '#foundation/hash.ts';

/**
 * A pack, all integers little-endian:
 *
 *   header   "MLOPACK\0" · u32 version · u32 flags (0)
 *   records  u8 type · u8 compression · u32 raw length · u32 stored length · bytes
 *   table    one 50-byte entry a record, sorted by id
 *   footer   u64 table offset · u32 count · SHA-256 of all bytes before it
 *
 * The pack's id is the SHA-256 of the whole file. The table comes last so that a pack is written in one
 * stream; it makes the `.idx` beside it rebuildable. Local store and remotes hold the same packs.
 */
export const PACK_MAGIC = Buffer.from('MLOPACK\0', 'latin1');
export const PACK_VERSION = 1;
export const HEADER_SIZE = 16;
export const RECORD_HEADER_SIZE = 10;
export const ENTRY_SIZE = 50;
export const FOOTER_SIZE = 44;
/** A pack is closed once it is this large; with one more record it stays below 64 MiB. */
export const PACK_TARGET = 32 * 1024 * 1024;
export const PACK_LIMIT = 64 * 1024 * 1024;
/** No record is larger: readers refuse to allocate more for a stranger's pack. */
export const RECORD_LIMIT = 16 * 1024 * 1024;

/** What a record holds. A chunk list is filed under the id of the file it puts together. */
export const RECORD = { file: 1, tree: 2, chunkList: 3, chunk: 4 } as const;
export type RecordType = (typeof RECORD)[keyof typeof RECORD];

/** 0: stored as it is. Other values are reserved for codecs; a reader refuses what it does not know. */
export const UNCOMPRESSED = 0;

/** Where one object lies in a pack. */
export interface PackEntry {
  readonly id: ContentId;
  /** Of the record's header. */
  readonly offset: number;
  /** Stored bytes without the header. */
  readonly length: number;
  readonly rawLength: number;
  readonly type: number;
  readonly compression: number;
}

export function encodePackHeader(): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  PACK_MAGIC.copy(header);
  header.writeUInt32LE(PACK_VERSION, 8);
  return header;
}

export function encodeRecordHeader(type: RecordType, length: number): Buffer {
  const header = Buffer.allocUnsafe(RECORD_HEADER_SIZE);
  header.writeUInt8(type, 0);
  header.writeUInt8(UNCOMPRESSED, 1);
  header.writeUInt32LE(length, 2);
  header.writeUInt32LE(length, 6);
  return header;
}

/** Says whether a record's own header agrees with its table entry. */
export function recordHeaderMatches(header: Buffer, entry: PackEntry): boolean {
  return (
    header.readUInt8(0) === entry.type &&
    header.readUInt8(1) === entry.compression &&
    header.readUInt32LE(2) === entry.rawLength &&
    header.readUInt32LE(6) === entry.length
  );
}

export function encodeTable(entries: readonly PackEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const table = Buffer.allocUnsafe(sorted.length * ENTRY_SIZE);
  sorted.forEach((entry, index) => {
    const at = index * ENTRY_SIZE;
    table.write(hexOf(entry.id), at, 'hex');
    table.writeBigUInt64LE(BigInt(entry.offset), at + 32);
    table.writeUInt32LE(entry.length, at + 40);
    table.writeUInt32LE(entry.rawLength, at + 44);
    table.writeUInt8(entry.type, at + 48);
    table.writeUInt8(entry.compression, at + 49);
  });
  return table;
}

export function readTableEntry(table: Buffer, index: number): PackEntry {
  const at = index * ENTRY_SIZE;
  return {
    id: contentIdOfHex(table.toString('hex', at, at + 32)),
    offset: readU64(table, at + 32),
    length: table.readUInt32LE(at + 40),
    rawLength: table.readUInt32LE(at + 44),
    type: table.readUInt8(at + 48),
    compression: table.readUInt8(at + 49),
  };
}

/**
 * Whether a table can belong to a pack of `packSize` bytes: sorted ids, every record inside the record area
 * and within the limits. Checked for every table that comes from a disk or a remote.
 */
export function tableIsSound(table: Buffer, packSize: number): boolean {
  if (table.length % ENTRY_SIZE !== 0) return false;
  const end = packSize - FOOTER_SIZE - table.length;
  for (let at = 0; at < table.length; at += ENTRY_SIZE) {
    if (at > 0 && table.compare(table, at - ENTRY_SIZE, at - ENTRY_SIZE + 32, at, at + 32) <= 0) return false;
    const offset = readU64(table, at + 32);
    const length = table.readUInt32LE(at + 40);
    if (length > RECORD_LIMIT || table.readUInt32LE(at + 44) > RECORD_LIMIT) return false;
    if (offset < HEADER_SIZE || offset + RECORD_HEADER_SIZE + length > end) return false;
  }
  return true;
}

export function encodeFooter(tableOffset: number, count: number): Buffer {
  const footer = Buffer.allocUnsafe(12);
  footer.writeBigUInt64LE(BigInt(tableOffset), 0);
  footer.writeUInt32LE(count, 8);
  return footer;
}

/** A u64 as a number; values above 2^53 come out as Infinity, which no bounds check accepts. */
export function readU64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY;
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
