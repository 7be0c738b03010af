import type { ContentId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { contentIdOfHex, hexOf, shortId } from '#foundation/hash.ts';
import { compareUtf8 } from './utf8-order.ts';

/**
 * One node of a Merkle tree, canonical: the same entries always give the same bytes and so the same id.
 *
 *   "MLOT" · u8 version · u8 kind (0 names, 1 buckets) · u16 0 · u32 count
 *   entry: u8 mode · u16 name length · u64 size · u32 files · id (32) · name, UTF-8
 *
 * Entries are sorted by the bytes of the name. A folder with more than 1,024 entries is a bucket node: its
 * entries are named by one hex digit and hold the names whose SHA-256 starts with that digit; buckets split
 * further by the next digit. `size` and `files` of a folder or bucket are sums.
 */
export const NODE_LIMIT = 1024;
const MAGIC = Buffer.from('MLOT', 'latin1');
const VERSION = 1;
const HEADER = 12;
const ENTRY = 47;
const MODES = ['file', 'exec', 'symlink', 'dir', 'bucket'] as const;

export type NodeMode = (typeof MODES)[number];

export interface NodeEntry {
  readonly name: string;
  readonly mode: NodeMode;
  /** Bytes, summed over a folder. */
  readonly size: number;
  /** 1, or the number of files below a folder. */
  readonly nfiles: number;
  readonly id: ContentId;
}

export interface TreeNode {
  readonly kind: 'names' | 'buckets';
  readonly entries: readonly NodeEntry[];
}

/** `entries` in any order. */
export function encodeNode(kind: TreeNode['kind'], entries: readonly NodeEntry[]): Buffer {
  const sorted = isSorted(entries) ? entries : entries.toSorted((a, b) => compareUtf8(a.name, b.name));
  let total = HEADER;
  for (const entry of sorted) total += ENTRY + Buffer.byteLength(entry.name);
  const bytes = Buffer.alloc(total);
  MAGIC.copy(bytes);
  bytes.writeUInt8(VERSION, 4);
  bytes.writeUInt8(kind === 'buckets' ? 1 : 0, 5);
  bytes.writeUInt32LE(sorted.length, 8);
  let at = HEADER;
  for (const entry of sorted) {
    bytes.writeUInt8(MODES.indexOf(entry.mode), at);
    writeU64(bytes, entry.size, at + 3);
    bytes.writeUInt32LE(entry.nfiles, at + 11);
    bytes.write(hexOf(entry.id), at + 15, 'hex');
    const length = bytes.write(entry.name, at + ENTRY, 'utf8');
    bytes.writeUInt16LE(length, at + 1);
    at += ENTRY + length;
  }
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a node that anybody may have written. Throws MLO_BAD_TREE (integrity) for everything that is not
 * canonical, and for names that could lead out of the folder or into `.git` and `.mlo`.
 */
export function decodeNode(bytes: Buffer, id: ContentId): TreeNode {
  const bad = (why: string): MloError =>
    new MloError('integrity', 'MLO_BAD_TREE', `the folder object ${shortId(id)} is not valid: ${why}`, {
      details: { id },
    });
  if (bytes.length < HEADER || !bytes.subarray(0, 4).equals(MAGIC)) throw bad('it is not a tree node');
  if (bytes.readUInt8(4) !== VERSION) throw bad(`unknown version ${bytes.readUInt8(4)}`);
  const kindByte = bytes.readUInt8(5);
  if (kindByte > 1 || bytes.readUInt16LE(6) !== 0) throw bad('unknown kind');
  const kind = kindByte === 1 ? 'buckets' : 'names';
  const count = bytes.readUInt32LE(8);
  if (count > NODE_LIMIT) throw bad(`${count} entries`);
  const entries: NodeEntry[] = [];
  let at = HEADER;
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY > bytes.length) throw bad('it is cut short');
    const length = bytes.readUInt16LE(at + 1);
    if (at + ENTRY + length > bytes.length) throw bad('it is cut short');
    const entry = readEntry(bytes, at, length, bad);
    const problem = entryProblem(kind, entry, entries.at(-1));
    if (problem !== undefined) throw bad(problem);
    entries.push(entry);
    at += ENTRY + length;
  }
  if (at !== bytes.length) throw bad('bytes follow the last entry');
  return { kind, entries };
}

function readEntry(bytes: Buffer, at: number, length: number, bad: (why: string) => MloError): NodeEntry {
  const mode = MODES[bytes.readUInt8(at)];
  if (mode === undefined) throw bad(`unknown mode ${bytes.readUInt8(at)}`);
  const high = bytes.readUInt32LE(at + 7);
  if (high > 0x1f_ffff) throw bad('a size is too large');
  let name: string;
  try {
    name = utf8.decode(bytes.subarray(at + ENTRY, at + ENTRY + length));
  } catch {
    throw bad('a name is not UTF-8');
  }
  return {
    name,
    mode,
    size: high * 2 ** 32 + bytes.readUInt32LE(at + 3),
    nfiles: bytes.readUInt32LE(at + 11),
    id: contentIdOfHex(bytes.toString('hex', at + 15, at + ENTRY)),
  };
}

function entryProblem(
  kind: TreeNode['kind'],
  entry: NodeEntry,
  before: NodeEntry | undefined,
): string | undefined {
  if (before !== undefined && compareUtf8(before.name, entry.name) >= 0) return 'entries are not sorted';
  if (kind === 'buckets') {
    if (entry.mode !== 'bucket' || !/^[0-9a-f]$/.test(entry.name)) return 'a bucket has a wrong name';
    return undefined;
  }
  if (entry.mode === 'bucket') return 'a bucket stands among names';
  return nameProblem(entry.name);
}

/** Why a file name cannot be part of a tree; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'an empty name';
  if (name === '.' || name === '..') return `the name "${name}"`;
  if (Buffer.byteLength(name) > 255) return `the name ${JSON.stringify(name.slice(0, 40))}… is too long`;
  if (/[/\\\0]/.test(name)) return `the name ${JSON.stringify(name)} holds a separator`;
  if (/^\.(?:git|mlo)$/i.test(name)) return `the name "${name}" reaches into metadata`;
  return undefined;
}

function isSorted(entries: readonly NodeEntry[]): boolean {
  for (let index = 1; index < entries.length; index += 1) {
    const [before, after] = [entries[index - 1], entries[index]];
    if (before && after && compareUtf8(before.name, after.name) >= 0) return false;
  }
  return true;
}

function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}
