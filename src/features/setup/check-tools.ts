import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { runProcess } from '#adapters/process/run-process.ts';
import type { DoctorCheck } from './types.ts';

export function checkNode(): DoctorCheck {
  const [major = 0] = process.versions.node.split('.').map(Number);
  const message = `Node.js ${process.versions.node}`;
  if (major % 2 === 0) return { name: 'node', status: 'ok', message, hint: null };
  return {
    name: 'node',
    status: 'warn',
    message: `${message} is not a release line with long-term support`,
    hint: 'use Node.js 20, 22 or 24',
  };
}

export async function checkGit(options: {
  readonly cwd: AbsolutePath;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}): Promise<DoctorCheck> {
  const version = await outputOf(['git', '--version'], options);
  if (version !== undefined) return { name: 'git', status: 'ok', message: version.trim(), hint: null };
  return {
    name: 'git',
    status: 'fail',
    message: 'git is not installed or not on PATH; code and pointers are versioned by it',
    hint: 'apt install git    (or your system’s package manager)',
  };
}

/** stdout of a short command; undefined when it is missing or fails. */
export async function outputOf(
  command: readonly string[],
  options: {
    readonly cwd: AbsolutePath;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  let output = '';
  try {
    const end = await runProcess({
      command,
      cwd: options.cwd,
      env: options.env,
      signal: options.signal,
      onOutput: (stream, chunk) => {
        if (stream === 'stdout') output += chunk;
      },
    });
    return end.exitCode === 0 ? output : undefined;
  } catch {
    throwIfAborted(options.signal);
    return undefined;
  }
}
