import type { ContentId } from '#foundation/brands.ts';
import { contentIdOfHex, hexOf } from '#foundation/hash.ts';
import { ENTRY_SIZE, readTableEntry, readU64, sha256, tableIsSound, type PackEntry } from './pack-format.ts';

/**
 * `.idx` of a pack: "MLOPIDX\0" · u32 version · u32 count · pack id (32) · u64 pack size · 256 × u32 fan-out ·
 * the pack's table · SHA-256 of all before. Rebuilt from the pack whenever it is missing or damaged.
 */
const MAGIC = Buffer.from('MLOPIDX\0', 'latin1');
const VERSION = 1;
const FANOUT_AT = 56;
const TABLE_AT = FANOUT_AT + 256 * 4;

/** Finds objects in one pack by binary search over its table. */
export class PackIndex {
  readonly packId: ContentId;
  readonly packSize: number;
  readonly count: number;
  readonly table: Buffer;
  private readonly fanout: Uint32Array;

  constructor(pack: { readonly id: ContentId; readonly size: number }, table: Buffer) {
    this.packId = pack.id;
    this.packSize = pack.size;
    this.table = table;
    this.count = table.length / ENTRY_SIZE;
    this.fanout = fanoutOf(table);
  }

  /** `key` is the 32 raw bytes of the id. */
  find(key: Buffer): PackEntry | undefined {
    const first = key[0] ?? 0;
    let low = first === 0 ? 0 : (this.fanout[first - 1] ?? 0);
    let high = (this.fanout[first] ?? 0) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = middle * ENTRY_SIZE;
      const order = this.table.compare(key, 0, 32, at, at + 32);
      if (order === 0) return readTableEntry(this.table, middle);
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  *entries(): Generator<PackEntry> {
    for (let index = 0; index < this.count; index += 1) yield readTableEntry(this.table, index);
  }

  encode(): Buffer {
    const head = Buffer.alloc(TABLE_AT);
    MAGIC.copy(head);
    head.writeUInt32LE(VERSION, 8);
    head.writeUInt32LE(this.count, 12);
    head.write(hexOf(this.packId), 16, 'hex');
    head.writeBigUInt64LE(BigInt(this.packSize), 48);
    this.fanout.forEach((value, byte) => head.writeUInt32LE(value, FANOUT_AT + byte * 4));
    const body = Buffer.concat([head, this.table]);
    return Buffer.concat([body, sha256(body)]);
  }
}

/** Undefined for anything but an intact index of this pack: the caller rebuilds it then. */
export function decodePackIndex(bytes: Buffer, packId: ContentId): PackIndex | undefined {
  if (bytes.length < TABLE_AT + 32 || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(8) !== VERSION) return undefined;
  const count = bytes.readUInt32LE(12);
  if (bytes.length !== TABLE_AT + count * ENTRY_SIZE + 32) return undefined;
  const body = bytes.subarray(0, -32);
  if (!sha256(body).equals(bytes.subarray(-32))) return undefined;
  if (contentIdOfHex(bytes.toString('hex', 16, 48)) !== packId) return undefined;
  const size = readU64(bytes, 48);
  const table = bytes.subarray(TABLE_AT, -32);
  return tableIsSound(table, size) ? new PackIndex({ id: packId, size }, table) : undefined;
}

function fanoutOf(table: Buffer): Uint32Array {
  const fanout = new Uint32Array(256);
  for (let at = 0; at < table.length; at += ENTRY_SIZE) {
    const byte = table[at] ?? 0;
    fanout[byte] = (fanout[byte] ?? 0) + 1;
  }
  for (let byte = 1; byte < 256; byte += 1) fanout[byte] = (fanout[byte] ?? 0) + (fanout[byte - 1] ?? 0);
  return fanout;
}
