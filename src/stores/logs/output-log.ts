import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { fromSystemError, messageOf } from '#foundation/errors.ts';

/**
 * A file that grows while a command prints. Each chunk is in the file when `write` returns, so that what was
 * printed survives kill -9. A full disk never stops the command: writing ends and `problem` says why.
 */
export class OutputLog {
  readonly file: AbsolutePath;
  private readonly handle: number | undefined;
  private failure: string | undefined;
  private open: boolean;

  constructor(file: AbsolutePath) {
    this.file = file;
    this.handle = this.attempt(() => {
      mkdirSync(dirname(file), { recursive: true });
      return openSync(file, 'a');
    });
    this.open = this.handle !== undefined;
  }

  /** Why the log is not complete. */
  get problem(): string | undefined {
    return this.failure;
  }

  write(chunk: string): void {
    const { handle } = this;
    if (handle === undefined || !this.open || this.failure !== undefined) return;
    this.attempt(() => writeSync(handle, chunk));
  }

  close(): void {
    if (this.handle !== undefined && this.open) closeSync(this.handle);
    this.open = false;
  }

  private attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.failure = messageOf(fromSystemError(error, this.file));
      return undefined;
    }
  }
}

/** Removes the log of a run once it is stored, or was empty. */
export function removeOutputLog(file: AbsolutePath): void {
  rmSync(file, { force: true });
}
