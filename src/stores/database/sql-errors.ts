import type { AbsolutePath } from '#foundation/brands.ts';
import { isMloError, messageOf, MloError } from '#foundation/errors.ts';

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html. */
const RESULT = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
};

/** Another connection holds what this one needs: worth another try. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === RESULT.BUSY || code === RESULT.LOCKED;
}

/** An error of SQLite as one a person can act on; anything else as it is. */
export function fromSqlError(error: unknown, file: AbsolutePath): unknown {
  if (isMloError(error)) return error;
  switch (isFull(error) ? RESULT.FULL : resultCode(error)) {
    case RESULT.BUSY:
    case RESULT.LOCKED:
      return new MloError('locked', 'MLO_DATABASE_BUSY', `another program keeps ${file} locked`, {
        hint: `find it with: fuser -v ${file}`,
        cause: error,
      });
    case RESULT.CORRUPT:
    case RESULT.NOTADB:
      return damaged(file, messageOf(error), error);
    case RESULT.FULL:
      return new MloError('failed', 'MLO_DISK_FULL', `no space left on the disk while writing ${file}`, {
        hint: 'free some space and run the same command again; nothing was lost',
        cause: error,
      });
    case RESULT.READONLY:
    case RESULT.CANTOPEN:
      return new MloError('failed', 'MLO_NO_PERMISSION', `${file} cannot be opened for writing`, {
        hint: `look at its owner and mode: ls -l ${file}`,
        cause: error,
      });
    case RESULT.IOERR:
      return new MloError('failed', 'MLO_IO', `the disk reported an input/output error at ${file}`, {
        cause: error,
      });
    case undefined:
    default:
      return error;
  }
}

export function damaged(file: AbsolutePath, what: string, cause?: unknown): MloError {
  return new MloError('integrity', 'MLO_DATABASE_DAMAGED', `the database ${file} is damaged: ${what}`, {
    hint: `restore it from a backup, or set it aside and start anew: mv ${file} ${file}.damaged`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The shared memory file beside the database could not grow: a full disk does that even to readers. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_IOERR_SHMSIZE';
}

/**
 * better-sqlite3 names extended codes (SQLITE_IOERR_READ), libsql numbers them (`rawCode`) and puts the code
 * of a failed open into the message.
 */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('rawCode' in error && typeof error.rawCode === 'number') return error.rawCode & 0xff;
  if ('code' in error && typeof error.code === 'string') {
    const name = Object.keys(RESULT).find((key) => String(error.code).startsWith(`SQLITE_${key}`));
    if (name !== undefined) return RESULT[name as keyof typeof RESULT];
  }
  const opened = /Unable to open connection to local database .*: (\d+)/.exec(error.message);
  if (opened !== null) return Number(opened[1]) & 0xff;
  return error.message.startsWith('Cannot open database because') ? RESULT.CANTOPEN : undefined;
}
