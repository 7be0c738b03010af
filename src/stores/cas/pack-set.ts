import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { contentIdOfHex, hexOf, isContentId } from '#foundation/hash.ts';
import { RECORD_HEADER_SIZE } from './pack-format.ts';
import { decodePackIndex, type PackIndex } from './pack-index.ts';
import { PackLookup, type PackedObject } from './pack-lookup.ts';
import { rebuildPackIndex, writePackIndex } from './pack-rebuild.ts';
import { verifiedRecord } from './record.ts';
import { listDir, type StoreDirs } from './store-dirs.ts';

const OPEN_FILES = 16;

/** All packs of a store. Reads their indexes at first use; other processes' new packs are seen by `refresh`. */
export class PackSet {
  private readonly dirs: StoreDirs;
  private readonly lookup = new PackLookup();
  private readonly files = new Map<ContentId, number>();
  private loaded = false;

  constructor(dirs: StoreDirs) {
    this.dirs = dirs;
  }

  /** Every place that claims to hold the object. */
  find(id: ContentId): PackedObject[] {
    if (!this.loaded) this.refresh();
    return this.lookup.find(id);
  }

  has(id: ContentId): boolean {
    return this.find(id).length > 0;
  }

  indexOf(pack: ContentId): PackIndex | undefined {
    return this.lookup.indexOf(pack);
  }

  add(index: PackIndex): void {
    // A damaged pack may just have been replaced by a good one of the same name.
    const open = this.files.get(index.packId);
    if (open !== undefined) closeSync(open);
    this.files.delete(index.packId);
    this.lookup.add(index);
  }

  /** Looks for packs that appeared since the last time; true when there were any. */
  refresh(): boolean {
    this.loaded = true;
    let grown = false;
    for (const fan of listDir(this.dirs.packs)) {
      for (const name of listDir(`${this.dirs.packs}/${fan}`)) {
        if (!name.endsWith('.pack')) continue;
        const id = `sha256:${name.slice(0, -'.pack'.length)}`;
        if (!isContentId(id) || this.lookup.indexOf(id)) continue;
        this.add(this.load(id));
        grown = true;
      }
    }
    return grown;
  }

  /** The object's bytes, verified. */
  read(place: PackedObject): Buffer {
    const path = this.dirs.pack(place.pack);
    const bytes = Buffer.allocUnsafe(RECORD_HEADER_SIZE + place.entry.length);
    const got = this.readAt(place.pack, path, bytes, place.entry.offset);
    return verifiedRecord(bytes.subarray(0, got), place.entry, path);
  }

  /** Closes pack files; they open again when needed. */
  close(): void {
    for (const fd of this.files.values()) closeSync(fd);
    this.files.clear();
  }

  private readAt(pack: ContentId, path: AbsolutePath, bytes: Buffer, offset: number): number {
    try {
      const fd = this.fileOf(pack, path);
      let done = 0;
      while (done < bytes.length) {
        const got = readSync(fd, bytes, done, bytes.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 0;
      throw fromSystemError(error, path);
    }
  }

  private fileOf(pack: ContentId, path: AbsolutePath): number {
    const open = this.files.get(pack);
    if (open !== undefined) return open;
    const fd = openSync(path, 'r');
    this.files.set(pack, fd);
    const oldest = this.files.entries().next().value;
    if (this.files.size > OPEN_FILES && oldest) {
      this.files.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    return fd;
  }

  private load(id: ContentId): PackIndex {
    const path = this.dirs.packIndex(id);
    try {
      const index = decodePackIndex(readFileSync(path), id);
      if (index && index.packSize === statSync(this.dirs.pack(id)).size) return index;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fromSystemError(error, path);
    }
    const rebuilt = rebuildPackIndex(this.dirs.pack(id), contentIdOfHex(hexOf(id)));
    writePackIndex(this.dirs, rebuilt);
    return rebuilt;
  }
}
