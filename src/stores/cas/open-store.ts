import { lstatSync, openSync, closeSync, fstatSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { contentIdOf } from '#foundation/hash.ts';
import type {
  ContentSource,
  ContentStore,
  PutSession,
  StoredAt,
  StoredFile,
  StoredTree,
  TreeEntry,
  TreeRow,
  WorkOptions,
} from './content-store.ts';
import { objectCorrupt, objectMissing } from './object-errors.ts';
import { PackSet } from './pack-set.ts';
import { FolderPutSession } from './put-session.ts';
import { putFolder } from './put-folder.ts';
import { storeDirs, sweepStoreTemporaries, type StoreDirs } from './store-dirs.ts';
import { checkStoreFormat, ensureStoreFormat } from './store-format.ts';
import { walkTree } from './tree-walk.ts';
import { verifiedStream } from './verified-stream.ts';
import { syncTreeTo } from './sync-tree.ts';
import { placeFile } from './place-file.ts';

export interface OpenStoreOptions {
  readonly dir: AbsolutePath;
  /** Share blocks between store and workspace where the file system can; default true. */
  readonly reflink?: boolean;
}

/** Larger content must be streamed. */
const READ_LIMIT = 2 * 1024 ** 3 - 1;

/** Opens a store. Nothing is read before the first use, nothing is written before the first put. */
export function openStore(options: OpenStoreOptions): ContentStore {
  return new FolderStore(options.dir, options.reflink ?? true);
}

class FolderStore implements ContentStore {
  readonly dir: AbsolutePath;
  readonly reflink: boolean;
  private readonly dirs: StoreDirs;
  private readonly packs: PackSet;
  private readonly distrusted = new Set<ContentId>();
  private checked = false;
  private swept = false;

  constructor(dir: AbsolutePath, reflink: boolean) {
    this.dir = dir;
    this.reflink = reflink;
    this.dirs = storeDirs(dir);
    this.packs = new PackSet(this.dirs);
  }

  has(id: ContentId): Promise<boolean> {
    return promised(() => this.hasNow(id) || (this.refreshed() && this.hasNow(id)));
  }

  hasNow(id: ContentId): boolean {
    this.check();
    if (this.distrusted.has(id)) return false;
    return this.packs.has(id) || this.looseSize(id) !== undefined;
  }

  refresh(): void {
    this.refreshed();
  }

  distrust(id: ContentId): void {
    this.distrusted.add(id);
  }

  sizeOf(id: ContentId): Promise<number | undefined> {
    return promised(() => {
      const place = this.locate(id);
      return place?.kind === 'packed' ? place.entry.rawLength : place?.size;
    });
  }

  async begin(): Promise<PutSession> {
    await ensureStoreFormat(this.dir);
    if (!this.swept) sweepStoreTemporaries(this.dirs);
    this.swept = true;
    return new FolderPutSession({
      dirs: this.dirs,
      packs: this.packs,
      reflink: this.reflink,
      isPresent: (id) => this.hasNow(id),
      onWritten: (id) => this.distrusted.delete(id),
    });
  }

  async putBytes(bytes: Uint8Array): Promise<StoredFile> {
    await using session = await this.begin();
    const stored = await session.putBytes(Buffer.from(bytes));
    await session.commit();
    return stored;
  }

  async putFile(path: AbsolutePath, options: WorkOptions = {}): Promise<StoredFile> {
    await using session = await this.begin();
    const { id, size } = await session.putFile(path, options);
    await session.commit();
    return { id, size };
  }

  async putTree(dir: AbsolutePath, options: WorkOptions = {}): Promise<StoredTree> {
    await using session = await this.begin();
    const tree = await putFolder(session, dir, options);
    await session.commit();
    return tree;
  }

  readBytes(id: ContentId): Promise<Uint8Array> {
    return promised(() => this.readNow(id));
  }

  readNode(id: ContentId): Buffer {
    return this.readNow(id);
  }

  treeRows(id: ContentId): Generator<TreeRow> {
    return walkTree(id, (node) => this.readNow(node));
  }

  openRead(id: ContentId): Promise<Readable> {
    return promised(() => {
      const loose = this.locateLoose(id);
      return loose === undefined ? Readable.from([this.readNow(id)]) : verifiedStream(id, loose);
    });
  }

  async writeFileTo(
    id: ContentId,
    dest: AbsolutePath,
    options: WorkOptions & { readonly executable?: boolean } = {},
  ): Promise<void> {
    const mode = options.executable === true ? 'exec' : 'file';
    await placeFile(this.source(), { id, dest, mode, durable: true }, options);
  }

  async writeTreeTo(id: ContentId, dest: AbsolutePath, options: WorkOptions = {}): Promise<void> {
    await syncTreeTo(this, { id, dest }, options);
  }

  source(): ContentSource {
    return {
      reflink: this.reflink,
      read: (id) => this.readNow(id),
      loose: (id) => this.locateLoose(id),
    };
  }

  async *listTree(id: ContentId): AsyncIterable<TreeEntry> {
    await Promise.resolve();
    for (const row of this.treeRows(id)) {
      if (row.mode !== 'dir') yield { path: row.path, mode: row.mode, size: row.size, id: row.id };
    }
  }

  locate(id: ContentId): StoredAt | undefined {
    if (!this.hasNow(id) && !(this.refreshed() && this.hasNow(id))) return undefined;
    const place = this.packs.find(id)[0];
    const index = place && this.packs.indexOf(place.pack);
    if (place && index)
      return { kind: 'packed', path: this.dirs.pack(place.pack), index, entry: place.entry };
    const size = this.looseSize(id);
    return size === undefined ? undefined : { kind: 'loose', path: this.dirs.loose(id), size };
  }

  /** The whole object when it is not in a pack; throws when it is nowhere. */
  private locateLoose(id: ContentId): AbsolutePath | undefined {
    this.check();
    if (this.packs.has(id)) return undefined;
    if (this.looseSize(id) !== undefined) return this.dirs.loose(id);
    if (this.refreshed() && this.packs.has(id)) return undefined;
    throw objectMissing(id, `the store ${this.dir}`);
  }

  /** Tries every copy: a damaged one does not hide a good one. */
  private readNow(id: ContentId): Buffer {
    this.check();
    let places = this.packs.find(id);
    let damage: unknown;
    for (const place of places) {
      try {
        return this.packs.read(place);
      } catch (error) {
        damage = error;
      }
    }
    const loose = this.readLoose(id);
    if (loose !== undefined) return loose;
    if (damage === undefined && this.refreshed()) {
      places = this.packs.find(id);
      const place = places[0];
      if (place) return this.packs.read(place);
    }
    throw damage ?? objectMissing(id, `the store ${this.dir}`);
  }

  private readLoose(id: ContentId): Buffer | undefined {
    const path = this.dirs.loose(id);
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw fromSystemError(error, path);
    }
    try {
      const { size } = fstatSync(fd);
      if (size > READ_LIMIT) throw tooLarge(id, size);
      const bytes = Buffer.allocUnsafeSlow(size);
      for (let done = 0; done < size;) {
        const got = readSync(fd, bytes, done, Math.min(size - done, 1 << 28), done);
        if (got === 0) break;
        done += got;
      }
      if (contentIdOf(bytes) !== id) throw objectCorrupt(id, path, 'its SHA-256 is another one');
      return bytes;
    } finally {
      closeSync(fd);
    }
  }

  private looseSize(id: ContentId): number | undefined {
    const stats = lstatSync(this.dirs.loose(id), { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : undefined;
  }

  private refreshed(): boolean {
    this.check();
    return this.packs.refresh();
  }

  private check(): void {
    if (this.checked) return;
    this.checked = checkStoreFormat(this.dir);
  }
}

/** The work happens now; a throw becomes a rejection. */
function promised<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function tooLarge(id: ContentId, size: number): MloError {
  return new MloError('failed', 'MLO_OBJECT_TOO_LARGE', `${id} has ${size} bytes: too many for one buffer`, {
    details: { id, size },
  });
}
