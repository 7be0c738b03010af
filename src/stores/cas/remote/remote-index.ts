import type { ContentId } from '#foundation/brands.ts';
import { contentIdOf, contentIdOfHex, hexOf, shortId } from '#foundation/hash.ts';
import { MloError } from '#foundation/errors.ts';
import { ENTRY_SIZE, PACK_LIMIT, readU64, tableIsSound } from '../pack-format.ts';
import { PackIndex } from '../pack-index.ts';

/**
 * `v1/index/<id>` of a remote: the tables of some packs, so that a reader learns what is there from a few
 * objects. "MLORIDX\0" · u32 version · u32 packs · each: pack id (32) · u64 size · u32 count · table.
 * Its name is its SHA-256. What a remote holds is the union of its index objects.
 */
const MAGIC = Buffer.from('MLORIDX\0', 'latin1');
const VERSION = 1;
const HEADER = 16;
const PACK_HEADER = 44;

export function encodeRemoteIndex(packs: readonly PackIndex[]): Buffer {
  const head = Buffer.alloc(HEADER);
  MAGIC.copy(head);
  head.writeUInt32LE(VERSION, 8);
  head.writeUInt32LE(packs.length, 12);
  const parts: Buffer[] = [head];
  for (const pack of packs) {
    const packHead = Buffer.alloc(PACK_HEADER);
    packHead.write(hexOf(pack.packId), 0, 'hex');
    packHead.writeBigUInt64LE(BigInt(pack.packSize), 32);
    packHead.writeUInt32LE(pack.count, 40);
    parts.push(packHead, pack.table);
  }
  return Buffer.concat(parts);
}

/** Throws `integrity` unless the bytes are the index object of this id. `where` is the remote. */
export function decodeRemoteIndex(bytes: Buffer, id: ContentId, where: string): PackIndex[] {
  const bad = (why: string): MloError =>
    new MloError(
      'integrity',
      'MLO_REMOTE_INDEX_CORRUPT',
      `the index object ${shortId(id)} of ${where}: ${why}`,
      {
        hint: 'mlo push from a clone that has the data writes it again once the damaged object is removed',
        details: { id },
      },
    );
  if (contentIdOf(bytes) !== id) throw bad('its SHA-256 is another one');
  if (bytes.length < HEADER || !bytes.subarray(0, 8).equals(MAGIC)) throw bad('it is not an index');
  if (bytes.readUInt32LE(8) !== VERSION) throw bad(`unknown version ${bytes.readUInt32LE(8)}`);
  const packs: PackIndex[] = [];
  let at = HEADER;
  for (let index = 0; index < bytes.readUInt32LE(12); index += 1) {
    if (at + PACK_HEADER > bytes.length) throw bad('it is cut short');
    const packId = contentIdOfHex(bytes.toString('hex', at, at + 32));
    const size = readU64(bytes, at + 32);
    const length = bytes.readUInt32LE(at + 40) * ENTRY_SIZE;
    const table = bytes.subarray(at + PACK_HEADER, at + PACK_HEADER + length);
    if (table.length !== length) throw bad('it is cut short');
    if (size > PACK_LIMIT || !tableIsSound(table, size)) throw bad('a table is not sound');
    packs.push(new PackIndex({ id: packId, size }, table));
    at += PACK_HEADER + length;
  }
  if (at !== bytes.length) throw bad('bytes follow its end');
  return packs;
}
