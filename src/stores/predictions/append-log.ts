import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDir } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';

/** Text waiting for the disk beyond this is dropped: a full disk must not become full memory. */
const MOST_WAITING = 64 << 20;

/**
 * A file that only grows. Lines handed over while the disk is busy are written and synced together, so the
 * caller never waits. After a failed write the file is cut back to its last whole batch; a crash leaves at
 * most one torn line at the end.
 */
export class AppendLog {
  readonly path: AbsolutePath;
  /** Bytes that are safely on disk. */
  bytes: number;
  /** Lines given up because the disk refused them or was too slow. */
  dropped = 0;
  lastError: unknown;
  private readonly handle: FileHandle;
  private waiting: string[] = [];
  private waitingLength = 0;
  private writing: Promise<void> | undefined;

  private constructor(path: AbsolutePath, handle: FileHandle, bytes: number) {
    this.path = path;
    this.handle = handle;
    this.bytes = bytes;
  }

  /** Creates the file, which must not exist, with its first line on disk. */
  static async create(path: AbsolutePath, firstLine: string): Promise<AppendLog> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
      const text = `${firstLine}\n`;
      await handle.writeFile(text);
      await handle.sync();
      await syncDir(dirname(path));
      return new AppendLog(path, handle, Buffer.byteLength(text));
    } catch (error) {
      throw fromSystemError(error, path);
    }
  }

  /** Takes one line without its line end. */
  append(line: string): void {
    if (this.waitingLength + line.length > MOST_WAITING) {
      this.dropped += 1;
      return;
    }
    this.waiting.push(line);
    this.waitingLength += line.length;
    this.writing ??= this.write();
  }

  /** Waits until everything handed over so far is on disk or counted as dropped. */
  async flush(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.handle.close();
  }

  private async write(): Promise<void> {
    // The lines of this turn of the event loop go together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      this.waitingLength = 0;
      const data = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
      try {
        await this.writeAll(data);
        await this.handle.datasync();
        this.bytes += data.length;
      } catch (error) {
        this.dropped += lines.length;
        this.lastError = fromSystemError(error, this.path);
        await this.handle.truncate(this.bytes).catch(() => {});
      }
    }
    this.writing = undefined;
  }

  private async writeAll(data: Buffer): Promise<void> {
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await this.handle.write(data, done, data.length - done, this.bytes + done);
      done += bytesWritten;
    }
  }
}

/** Removes a journal whose content is sealed; gone already is fine. */
export async function removeJournal(path: AbsolutePath): Promise<void> {
  await rm(path, { force: true });
}

/** Keeps a journal under another name, where nothing reads it any more; gone already is fine. */
export async function setJournalAside(path: AbsolutePath): Promise<void> {
  try {
    await rename(path, `${path}.damaged`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fromSystemError(error, path);
  }
}
