/**
 * The one error type of mlo.
 *
 * `kind` decides the process exit code (cli/exit-codes.ts) and the HTTP status (server); `code` is a stable
 * name for scripts. The message names the path or key that is wrong; the hint is a command to type.
 */
export type ErrorKind =
  | 'failed'
  | 'usage'
  | 'config'
  | 'not-a-project'
  | 'locked'
  | 'not-found'
  | 'conflict'
  | 'integrity'
  | 'auth'
  | 'remote'
  | 'child'
  | 'missing-tool'
  | 'aborted';

export type ErrorCode = `MLO_${string}`;

/** Text, or text in which paths of the project stand apart: they are typed differently in each folder. */
export type Hint = string | readonly (string | { readonly path: string })[];

export interface ErrorExtras {
  readonly hint?: Hint;
  /** Plain data for `--json`; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class MloError extends Error {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  /** Its paths are those from the project's root. */
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  private readonly hintParts: Exclude<Hint, string>;

  constructor(kind: ErrorKind, code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'MloError';
    this.kind = kind;
    this.code = code;
    this.hintParts = typeof extras.hint === 'string' ? [extras.hint] : (extras.hint ?? []);
    this.hint = this.hintFor((path) => path);
    this.details = extras.details;
  }

  /** The hint with each path of the project as `typed` writes it. */
  hintFor(typed: (projectPath: string) => string): string | undefined {
    if (this.hintParts.length === 0) return undefined;
    return this.hintParts.map((part) => (typeof part === 'string' ? part : typed(part.path))).join('');
  }
}

export function isMloError(error: unknown): error is MloError {
  return error instanceof MloError;
}

/** The `code` of a Node system error ('ENOENT', 'ENOSPC', …), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const SYSTEM_ERRORS: Record<string, { code: ErrorCode; say: (path: string) => string; hint?: string }> = {
  ENOSPC: {
    code: 'MLO_DISK_FULL',
    say: (path) => `no space left on the disk while writing ${path}`,
    hint: 'free some space and run the same command again; nothing was lost',
  },
  EDQUOT: {
    code: 'MLO_DISK_FULL',
    say: (path) => `the disk quota is used up while writing ${path}`,
    hint: 'free some space and run the same command again; nothing was lost',
  },
  EACCES: {
    code: 'MLO_NO_PERMISSION',
    say: (path) => `no permission to access ${path}`,
    hint: 'give yourself access (ls -l shows owner and mode), then run the same command again',
  },
  EPERM: { code: 'MLO_NO_PERMISSION', say: (path) => `the operation on ${path} is not permitted` },
  EROFS: { code: 'MLO_READ_ONLY', say: (path) => `the file system holding ${path} is read-only` },
  EISDIR: { code: 'MLO_IS_A_FOLDER', say: (path) => `${path} is a folder, a file was expected` },
  ENOTDIR: { code: 'MLO_NOT_A_FOLDER', say: (path) => `a parent of ${path} is not a folder` },
  EMFILE: { code: 'MLO_TOO_MANY_FILES', say: (path) => `too many open files at ${path}` },
  EIO: { code: 'MLO_IO', say: (path) => `the disk reported an input/output error at ${path}` },
};

/**
 * Turns a Node system error about `path` into an MloError that a person can act on; anything else is
 * returned as it is. Use as `throw fromSystemError(error, path)`.
 */
export function fromSystemError(error: unknown, path: string): unknown {
  const known = SYSTEM_ERRORS[errnoOf(error) ?? ''];
  if (known === undefined) return error;
  const extras = known.hint === undefined ? { cause: error } : { cause: error, hint: known.hint };
  return new MloError('failed', known.code, known.say(path), extras);
}
