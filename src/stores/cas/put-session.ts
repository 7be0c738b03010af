import { chmodSync, copyFileSync, constants, mkdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDir } from '#foundation/atomic-file.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { contentIdOf } from '#foundation/hash.ts';
import type { HashedFile, PutSession, StoredFile, WorkOptions } from './content-store.ts';
import { RECORD, type RecordType } from './pack-format.ts';
import { writePackIndex } from './pack-rebuild.ts';
import type { PackSet } from './pack-set.ts';
import { PackWriter } from './pack-writer.ts';
import { sameStamp, stampOf } from './scan-folder.ts';
import { hashStable, LOOSE_MIN, readSmallFile } from './stable-read.ts';
import type { StoreDirs } from './store-dirs.ts';

export interface SessionParts {
  readonly dirs: StoreDirs;
  readonly packs: PackSet;
  readonly reflink: boolean;
  /** False for objects whose stored bytes were found damaged: they are written again. */
  isPresent(id: ContentId): boolean;
  onWritten(id: ContentId): void;
}

export class FolderPutSession implements PutSession {
  private readonly parts: SessionParts;
  private writer: PackWriter | undefined;
  private reflinkWorks: boolean;
  private readonly touchedDirs = new Set<string>();
  readonly written = { objects: 0, bytes: 0 };

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.reflinkWorks = parts.reflink;
  }

  async putBytes(bytes: Buffer, type: RecordType = RECORD.file): Promise<StoredFile> {
    const stored = { id: contentIdOf(bytes), size: bytes.length };
    if (type !== RECORD.file || bytes.length < LOOSE_MIN) await this.putRecord(stored.id, bytes, type);
    else if (!this.has(stored.id)) await this.putLoose(bytes, stored);
    return stored;
  }

  async putRecord(id: ContentId, bytes: Buffer, type: RecordType): Promise<void> {
    if (this.has(id)) return;
    this.writer ??= new PackWriter(this.parts.dirs.temporary());
    this.writer.add(type, id, bytes);
    this.written.objects += 1;
    this.written.bytes += bytes.length;
    if (this.writer.isFull) await this.closePack();
  }

  has(id: ContentId): boolean {
    return this.writer?.has(id) === true || this.parts.isPresent(id);
  }

  async putFile(path: AbsolutePath, options: WorkOptions = {}): Promise<HashedFile> {
    const small = readSmallFile(path);
    if (small === undefined) return await this.putLarge(path, options);
    const stored = await this.putBytes(small.bytes);
    options.onBytes?.(small.bytes.length);
    return { ...stored, stamp: small.stamp };
  }

  async putLink(path: AbsolutePath): Promise<StoredFile> {
    return await this.putBytes(readlinkSync(path, { encoding: 'buffer' }));
  }

  temporary(): AbsolutePath {
    return this.parts.dirs.temporary();
  }

  adopt(temporary: AbsolutePath, stored: StoredFile): void {
    const place = this.parts.dirs.loose(stored.id);
    if (this.parts.isPresent(stored.id)) {
      rmSync(temporary, { force: true });
      return;
    }
    mkdirSync(dirname(place), { recursive: true });
    chmodSync(temporary, 0o444);
    renameSync(temporary, place);
    this.touchedDirs.add(dirname(place));
    this.parts.onWritten(stored.id);
    this.written.objects += 1;
    this.written.bytes += stored.size;
  }

  async commit(): Promise<void> {
    await this.closePack();
    for (const dir of this.touchedDirs) {
      await syncDir(dir);
      await syncDir(dirname(dir));
    }
    this.touchedDirs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.writer?.discard();
    this.writer = undefined;
    await Promise.resolve();
  }

  private async closePack(): Promise<void> {
    const { writer } = this;
    if (writer === undefined) return;
    const { index, path } = writer.finish();
    this.writer = undefined;
    const place = this.parts.dirs.pack(index.packId);
    try {
      mkdirSync(dirname(place), { recursive: true });
      renameSync(path, place);
    } catch (error) {
      rmSync(path, { force: true });
      throw fromSystemError(error, place);
    }
    await syncDir(dirname(place));
    await syncDir(dirname(dirname(place)));
    writePackIndex(this.parts.dirs, index);
    this.parts.packs.add(index);
    for (const entry of index.entries()) this.parts.onWritten(entry.id);
  }

  private async putLoose(bytes: Buffer, stored: StoredFile): Promise<void> {
    const temporary = this.temporary();
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
        await file.sync();
      } finally {
        await file.close();
      }
      this.adopt(temporary, stored);
    } catch (error) {
      throw fromSystemError(error, this.parts.dirs.dir);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  private async putLarge(path: AbsolutePath, options: WorkOptions): Promise<HashedFile> {
    const temporary = this.parts.dirs.temporary();
    try {
      const hashed =
        (await this.clone(path, temporary, options)) ?? (await copyHashed(path, temporary, options));
      if (hashed.size < LOOSE_MIN) {
        // The file shrank between its two stats; small content never lies loose.
        return await this.putFile(path, options);
      }
      this.adopt(temporary, hashed);
      return hashed;
    } catch (error) {
      throw fromSystemError(error, this.parts.dirs.dir);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** A copy that shares its blocks with the original, where the file system can do that. */
  private async clone(
    path: AbsolutePath,
    temporary: AbsolutePath,
    options: WorkOptions,
  ): Promise<HashedFile | undefined> {
    if (!this.reflinkWorks) return undefined;
    const before = stampOf(await lstat(path));
    try {
      copyFileSync(path, temporary, constants.COPYFILE_FICLONE_FORCE);
    } catch (error) {
      rmSync(temporary, { force: true });
      if (['ENOSPC', 'EDQUOT', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
      this.reflinkWorks = false;
      return undefined;
    }
    const hashed = await hashStable(temporary, options);
    if (!sameStamp(before, stampOf(await lstat(path)))) {
      rmSync(temporary, { force: true });
      return undefined;
    }
    await syncFile(temporary);
    return { ...hashed, stamp: before };
  }
}

async function copyHashed(
  path: AbsolutePath,
  temporary: AbsolutePath,
  options: WorkOptions,
): Promise<HashedFile> {
  const copy = await open(temporary, 'wx', 0o600);
  try {
    const hashed = await hashStable(path, options, copy);
    await copy.sync();
    return hashed;
  } finally {
    await copy.close();
  }
}

async function syncFile(path: AbsolutePath): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
