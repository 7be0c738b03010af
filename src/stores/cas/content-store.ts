import type { Readable } from 'node:stream';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import type { PackEntry, RecordType } from './pack-format.ts';
import type { PackIndex } from './pack-index.ts';

/** What every long operation takes. */
export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
  /** Told about every piece of content as it is read or written. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

export interface StoredFile {
  readonly id: ContentId;
  /** Bytes. */
  readonly size: number;
}

/** `id` is the root node's; `size` the sum over all files. */
export interface StoredTree extends StoredFile {
  readonly nfiles: number;
}

export type EntryMode = 'file' | 'exec' | 'symlink';

export interface TreeEntry {
  /** Relative to the tree, forward slashes. */
  readonly path: string;
  readonly mode: EntryMode;
  readonly size: number;
  readonly id: ContentId;
}

/** A file of a folder, or (mode `dir`) a folder with nothing in it. */
export interface TreeRow {
  readonly path: string;
  readonly mode: EntryMode | 'dir';
  readonly size: number;
  readonly id: ContentId;
}

/** What a file system tells about a file without reading it. Times in milliseconds. */
export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

export interface HashedFile extends StoredFile {
  /** The file as it was while it was read. */
  readonly stamp: FileStamp;
}

/**
 * Collects puts into as few packs as possible. Content is durable, and visible to others, when `commit` has
 * returned; `await using` drops what was not committed. One session is used by one caller at a time.
 */
export interface PutSession extends AsyncDisposable {
  /** Objects written by this session, committed or not. */
  readonly written: { readonly objects: number; readonly bytes: number };
  has(id: ContentId): boolean;
  /** Content of any size that is in memory. */
  putBytes(bytes: Buffer, type?: RecordType): Promise<StoredFile>;
  /** A record whose id the caller has verified. */
  putRecord(id: ContentId, bytes: Buffer, type: RecordType): Promise<void>;
  /** A regular file of any size. Throws MLO_FILE_CHANGED when it does not hold still. */
  putFile(path: AbsolutePath, options?: WorkOptions): Promise<HashedFile>;
  /** A symbolic link: its content is the target as written. */
  putLink(path: AbsolutePath): Promise<StoredFile>;
  /** A name for a file in the store's temporary folder, for `adopt`. */
  temporary(): AbsolutePath;
  /** Moves a complete, verified, synced temporary file to its place as a whole object. */
  adopt(temporary: AbsolutePath, stored: StoredFile): void;
  commit(): Promise<void>;
}

/**
 * The content-addressed store of one project: what is put in comes out byte for byte or as an integrity error
 * (exit 14), never as other bytes. Content is durable when a `put…` has returned. Putting the same content
 * twice is cheap. All methods may be called from several processes at once.
 */
export interface ContentStore {
  readonly dir: AbsolutePath;
  has(id: ContentId): Promise<boolean>;
  putBytes(bytes: Uint8Array): Promise<StoredFile>;
  putFile(path: AbsolutePath, options?: WorkOptions): Promise<StoredFile>;
  /** Stores a folder with all files below it. Symlinks are kept as links. */
  putTree(dir: AbsolutePath, options?: WorkOptions): Promise<StoredTree>;
  /** The whole content, verified. Throws `not-found` (MLO_OBJECT_MISSING) or `integrity` (MLO_OBJECT_CORRUPT). */
  readBytes(id: ContentId): Promise<Uint8Array>;
  /** Streams large content; the stream fails at its end when the bytes do not match the id. */
  openRead(id: ContentId): Promise<Readable>;
  /** Writes content to a path atomically (temporary file, rename), verified before the name appears. */
  writeFileTo(
    id: ContentId,
    dest: AbsolutePath,
    options?: WorkOptions & { readonly executable?: boolean },
  ): Promise<void>;
  /** Makes `dest` hold exactly the tree; files already right are left alone. */
  writeTreeTo(id: ContentId, dest: AbsolutePath, options?: WorkOptions): Promise<void>;
  /** Files of a tree in path order (UTF-8 bytes). */
  listTree(id: ContentId): AsyncIterable<TreeEntry>;
  /** Bytes of an object that is here; undefined when it is not. For a tree: of its root node. */
  sizeOf(id: ContentId): Promise<number | undefined>;
  /** Starts a session of puts. */
  begin(): Promise<PutSession>;
  /** Bytes of one tree node, verified. */
  readNode(id: ContentId): Buffer;
  /** Files and empty folders of a tree in path order; checks names and sums. */
  treeRows(id: ContentId): Generator<TreeRow>;
  /** `has` without waiting; does not look for packs that other processes wrote since the last look. */
  hasNow(id: ContentId): boolean;
  /** Takes notice of packs that other processes wrote. */
  refresh(): void;
  /** Treats the object as absent in this process until it is put again: for bytes found damaged. */
  distrust(id: ContentId): void;
  /** Where content comes from, for writing it to many places. */
  source(): ContentSource;
  /** How an object is stored here; undefined when it is not. */
  locate(id: ContentId): StoredAt | undefined;
}

export type StoredAt =
  | {
      readonly kind: 'packed';
      readonly path: AbsolutePath;
      readonly index: PackIndex;
      readonly entry: PackEntry;
    }
  | { readonly kind: 'loose'; readonly path: AbsolutePath; readonly size: number };

export interface ContentSource {
  /** Share blocks with the store where the file system can. */
  readonly reflink: boolean;
  /** Verified bytes. */
  read(id: ContentId): Buffer;
  /** Path of a whole object, not verified yet; undefined when the content lies in a pack. */
  loose(id: ContentId): AbsolutePath | undefined;
}
