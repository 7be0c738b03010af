import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { main } from '#cli/main.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The parsed envelope; call only for --json runs of `document` commands. */
  json(): Envelope;
}

/* oxlint-disable typescript/no-explicit-any -- tests look into results of every shape */
interface Envelope {
  ok: boolean;
  result?: any;
  error?: { code: string; message: string; hint: string | null; details: any };
}
/* oxlint-enable typescript/no-explicit-any */

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export const PACKAGE_DIR = fileURLToPath(new URL('../..', import.meta.url));
export const MLO_BIN = fileURLToPath(new URL('../../bin/mlo.js', import.meta.url));

const BASE_ENV: Record<string, string> = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent-home',
  USER: 'tester',
  TZ: 'UTC',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

/** Runs a command in this process: argv in, exit code and both streams out. Not a terminal. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const exitCode = await main({
    argv,
    env: { ...BASE_ENV, ...options.env },
    cwd: options.cwd,
    version: '0.0.0-test',
    packageDir: PACKAGE_DIR,
    stdout: { isTTY: false, columns: undefined, write: (text) => void (stdout += text) },
    stderr: { isTTY: false, columns: undefined, write: (text) => void (stderr += text) },
    stdinIsTTY: false,
    signal: new AbortController().signal,
    readAllStdin: () => Promise.resolve(options.stdin ?? ''),
  });
  return result(exitCode, stdout, stderr);
}

/** Starts the built program as users do. The caller may send signals to `child`. */
export function startMlo(
  argv: readonly string[],
  options: CliOptions,
): { readonly child: ChildProcess; readonly done: Promise<CliResult & { signal: NodeJS.Signals | null }> } {
  if (process.env.MLO_BUILD_FAILED === '1')
    throw new Error('the product does not build: see the start of the output');
  const child = spawn(process.execPath, [MLO_BIN, ...argv], {
    cwd: options.cwd,
    env: { ...BASE_ENV, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(options.stdin ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const done = new Promise<CliResult & { signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...result(code ?? -1, stdout, stderr), signal }));
  });
  return { child, done };
}

/** Runs the built program to its end. */
export async function runMlo(argv: readonly string[], options: CliOptions): Promise<CliResult> {
  return startMlo(argv, options).done;
}

function result(exitCode: number, stdout: string, stderr: string): CliResult {
  return { exitCode, stdout, stderr, json: () => JSON.parse(stdout) };
}
