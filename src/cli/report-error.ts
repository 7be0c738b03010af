import { fromSystemError, isMloError, messageOf } from '#foundation/errors.ts';
import { redact } from '#foundation/redact.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import type { Theme } from './ui/theme.ts';

export interface ReportedError {
  readonly exitCode: ExitCode;
  /** For stderr. */
  readonly text: string;
  /** The `error` of the JSON envelope. */
  readonly json: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly details: Readonly<Record<string, unknown>> | null;
  };
}

/**
 * The one place where an error becomes text, JSON and an exit code. `typed` turns a path of the project into
 * what is typed in the working directory.
 */
export function reportError(
  thrown: unknown,
  theme: Theme,
  verbose: boolean,
  typed: (projectPath: string) => string = (path) => path,
): ReportedError {
  // A full disk or a file without permission is no bug, wherever it struck.
  const error = isMloError(thrown) ? thrown : fromSystemError(thrown, pathOf(thrown));
  if (!isMloError(error)) return reportBug(error, theme);
  const message = redact(error.message);
  const plainHint = error.hintFor(typed);
  const hint = plainHint === undefined ? undefined : redact(plainHint);
  const lines = [`${theme.bad('error:')} ${message}`];
  if (hint !== undefined) lines.push(`  ${theme.dim('hint:')} ${hint}`);
  if (verbose && error.cause !== undefined)
    lines.push(theme.dim(`  cause: ${redact(messageOf(error.cause))}`));
  return {
    exitCode: exitCodeOf(error.kind, error.details?.signal),
    text: `${lines.join('\n')}\n`,
    json: { code: error.code, message, hint: hint ?? null, details: error.details ?? null },
  };
}

function pathOf(error: unknown): string {
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  return typeof path === 'string' ? path : 'a file of the project';
}

function reportBug(error: unknown, theme: Theme): ReportedError {
  const message = redact(messageOf(error));
  const stack = error instanceof Error && error.stack ? redact(error.stack) : message;
  return {
    exitCode: EXIT.bug,
    text: `${theme.bad('internal error:')} ${message}\nThis is a bug in mlo. Please report it with these lines:\n${theme.dim(stack)}\n`,
    json: { code: 'MLO_BUG', message, hint: null, details: { stack } },
  };
}
