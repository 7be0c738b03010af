import { openCommit, type CommitFiles } from '#adapters/git/history.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { EMPTY_LOCK, readLock, type LockFile } from '#formats/mlo-lock.ts';
import { parsePointer, POINTER_ENDING } from '#formats/pointer.ts';

/** What one commit says about the content of a path. */
export type CommitRecord =
  | {
      readonly source: 'pointer' | 'lock';
      /** `data/flights.parquet.mlo at 1234abcd` */
      readonly where: string;
      /** The recorded path: the path itself or a folder above it. */
      readonly path: string;
      readonly kind: 'file' | 'dir';
      readonly id: ContentId;
      readonly size: number;
    }
  | {
      readonly source: 'git';
      readonly where: string;
      readonly path: string;
      readonly ids: readonly ContentId[];
    };

const LOCK = 'mlo.lock';

/** The records of one commit, each read at most once. */
export class CommitRecords {
  readonly hash: string;
  private readonly files: CommitFiles;
  private lockFile: Promise<LockFile> | undefined;

  private constructor(files: CommitFiles) {
    this.hash = files.commit;
    this.files = files;
  }

  static async open(root: AbsolutePath, hash: string): Promise<CommitRecords | undefined> {
    const files = await openCommit(root, hash);
    return files === undefined ? undefined : new CommitRecords(files);
  }

  /** Pointers come first, then mlo.lock, then a file that Git itself keeps; undefined: the commit says nothing. */
  async find(path: string): Promise<CommitRecord | undefined> {
    const at = this.hash.slice(0, 8);
    for (const tracked of selfAndParents(path)) {
      const name = `${tracked}${POINTER_ENDING}`;
      const text = await this.files.text(name);
      if (text === undefined) continue;
      const where = `${name} at ${at}`;
      const { kind, id, size } = parsePointer(text, where);
      return { source: 'pointer', where, path: tracked, kind, id, size };
    }
    const outs = Object.values((await this.lock()).stages).flatMap((stage) => stage.outs);
    for (const tracked of selfAndParents(path)) {
      const out = outs.find((item) => item.path === tracked);
      if (out === undefined) continue;
      const { kind, id, size } = out;
      return { source: 'lock', where: `${LOCK} at ${at}`, path: tracked, kind, id, size };
    }
    const bytes = await this.files.bytes(path);
    if (bytes === undefined) return undefined;
    return { source: 'git', where: `${path} at ${at}`, path, ids: possibleIds(bytes) };
  }

  /** mlo.lock of the commit; empty when it has none. */
  lock(): Promise<LockFile> {
    return (this.lockFile ??= this.files
      .text(LOCK)
      .then((text) =>
        text === undefined ? EMPTY_LOCK : readLock(text, `${LOCK} at ${this.hash.slice(0, 8)}`),
      ));
  }
}

/** `a/b/c`, `a/b`, `a` */
function selfAndParents(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}

/** Git may have changed the line ends of a text file on its way into the work tree. */
function possibleIds(bytes: Uint8Array): ContentId[] {
  const exact = contentIdOf(bytes);
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('\n') || text.includes('\r')) return [exact];
  return [exact, contentIdOf(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'))];
}
