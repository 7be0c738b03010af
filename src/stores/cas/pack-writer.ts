import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { fromSystemError } from '#foundation/errors.ts';
import { contentIdOfHex } from '#foundation/hash.ts';
import {
  encodeFooter,
  encodePackHeader,
  encodeRecordHeader,
  encodeTable,
  HEADER_SIZE,
  PACK_TARGET,
  RECORD_HEADER_SIZE,
  UNCOMPRESSED,
  type PackEntry,
  type RecordType,
} from './pack-format.ts';
import { PackIndex } from './pack-index.ts';

const BUFFER_SIZE = 1024 * 1024;

/** A finished pack that still has its temporary name. */
export interface FinishedPack {
  readonly path: AbsolutePath;
  readonly index: PackIndex;
}

/**
 * Writes one pack to a temporary file, sequentially. Synchronous calls: many small records cost far less that
 * way, and nothing here waits. The same records in the same order always give the same pack.
 */
export class PackWriter {
  readonly path: AbsolutePath;
  private readonly fd: number;
  private readonly hash: Hash = createHash('sha256');
  private readonly entries: PackEntry[] = [];
  private readonly ids = new Set<ContentId>();
  private pending: Buffer[] = [];
  private pendingSize = 0;
  private size = HEADER_SIZE;
  private open = true;

  constructor(path: AbsolutePath) {
    this.path = path;
    try {
      this.fd = openSync(path, 'wx', 0o444);
    } catch (error) {
      throw fromSystemError(error, path);
    }
    this.push(encodePackHeader());
  }

  get isFull(): boolean {
    return this.size >= PACK_TARGET;
  }

  get count(): number {
    return this.entries.length;
  }

  has(id: ContentId): boolean {
    return this.ids.has(id);
  }

  /** `bytes` must not be changed by the caller afterwards. */
  add(type: RecordType, id: ContentId, bytes: Buffer): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    const { length } = bytes;
    this.entries.push({ id, offset: this.size, length, rawLength: length, type, compression: UNCOMPRESSED });
    this.push(encodeRecordHeader(type, length));
    this.push(bytes);
    this.size += RECORD_HEADER_SIZE + length;
  }

  /** Makes the pack durable under its temporary name. */
  finish(): FinishedPack {
    const table = encodeTable(this.entries);
    this.push(table);
    this.push(encodeFooter(this.size, this.entries.length));
    this.flush();
    const seal = this.hash.copy().digest();
    this.push(seal);
    this.flush();
    this.guard(() => {
      fsyncSync(this.fd);
      this.open = false;
      closeSync(this.fd);
    });
    const id = contentIdOfHex(this.hash.digest('hex'));
    const size = this.size + table.length + 12 + seal.length;
    return { path: this.path, index: new PackIndex({ id, size }, table) };
  }

  /** Gives the pack up; after `finish` it removes the file if it still has its temporary name. */
  discard(): void {
    if (this.open) closeSync(this.fd);
    this.open = false;
    rmSync(this.path, { force: true });
  }

  private push(bytes: Buffer): void {
    this.pending.push(bytes);
    this.pendingSize += bytes.length;
    if (this.pendingSize >= BUFFER_SIZE) this.flush();
  }

  private flush(): void {
    if (this.pendingSize === 0) return;
    const bytes =
      this.pending.length === 1 ? (this.pending[0] ?? Buffer.alloc(0)) : Buffer.concat(this.pending);
    this.pending = [];
    this.pendingSize = 0;
    this.hash.update(bytes);
    this.guard(() => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.fd, bytes, done);
    });
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw fromSystemError(error, this.path);
    }
  }
}
