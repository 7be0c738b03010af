import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { execa } from 'execa';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, MloError } from '#foundation/errors.ts';

export type OutputStream = 'stdout' | 'stderr';

export interface ProcessOptions {
  /** Text goes through a shell as the user wrote it; a list is started as it is, without one. */
  readonly command: string | readonly string[];
  readonly cwd: AbsolutePath;
  /** The whole environment of the command; nothing is inherited besides. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** When it fires, its reason (SIGINT or SIGTERM) goes to the whole group, SIGKILL after `graceMs`. */
  readonly signal?: AbortSignal | undefined;
  /** Output as it comes, never a broken character. */
  readonly onOutput?: ((stream: OutputStream, chunk: string) => void) | undefined;
  /** Told once the command runs; the process group has the same id. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** Milliseconds between the forwarded signal and SIGKILL; 10,000 when not given. */
  readonly graceMs?: number;
  /** 'inherit' lets the command ask the user questions. 'ignore' (the default) gives it an empty input. */
  readonly stdin?: 'inherit' | 'ignore' | { readonly text: string };
}

/** How a command ended: by its own exit code or by a signal, never both. */
export interface ProcessResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly durationMs: number;
}

const GRACE_MS = 10_000;
/** How long output is still read when the command has ended but something it started holds its pipes. */
const DRAIN_MS = 1_000;
const POLL_MS = 20;

/**
 * Runs a command of the user in a process group of its own and waits for its end. A Ctrl-C of the terminal
 * therefore reaches mlo only, which forwards it. Resolves for every way the command can end, the forwarded
 * signal included; the caller decides what that means. Processes the command left in the background are
 * left alone unless it was stopped. Throws `child` MLO_COMMAND_NOT_FOUND when it cannot be started.
 *
 * When mlo itself is ended by kill -9 nobody is left to forward anything: the command keeps running, and is
 * normally ended by SIGPIPE at its next output. The run's record holds its process group (see `onStart`), so
 * that the next mlo can say so.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const startedAt = performance.now();
  const [file, ...args] = toArgv(options.command, options.env);
  const started = execa(file, args, {
    cwd: options.cwd,
    env: definedOnly(options.env),
    extendEnv: false,
    detached: ownGroup,
    cleanup: false,
    reject: false,
    buffer: false,
    ...(typeof options.stdin === 'object'
      ? { input: options.stdin.text }
      : { stdin: options.stdin ?? 'ignore' }),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  if (started.pid === undefined) throw notStarted(file, options.cwd, (await started).cause);
  // How it ends is read from the process itself: execa would wait for whatever still holds the pipes.
  started.catch(() => {});
  const child: ChildProcess = started;
  const ended = endOf(child);
  forwardOutput(child, options.onOutput);
  const group = new ProcessGroup(child, started.pid);
  options.onStart?.(started.pid);
  const stopped = forwardSignal(group, options);
  const end = await ended;
  await stopped.finished();
  group.release();
  return { ...end, durationMs: performance.now() - startedAt };
}

const ownGroup = process.platform !== 'win32';

/** A command and all it started. Where there are no groups (Windows) only the command itself. */
class ProcessGroup {
  private readonly child: ChildProcess;
  private readonly pid: number;
  private readonly killNow = (): void => this.kill('SIGKILL');

  constructor(child: ChildProcess, pid: number) {
    this.child = child;
    this.pid = pid;
    // A second Ctrl-C ends mlo at once; nothing of the command may outlive that.
    process.once('exit', this.killNow);
  }

  release(): void {
    process.removeListener('exit', this.killNow);
  }

  kill(signal: NodeJS.Signals): void {
    if (!ownGroup) {
      this.child.kill(signal);
      return;
    }
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
    }
  }

  alive(): boolean {
    if (!ownGroup) return this.child.exitCode === null && this.child.signalCode === null;
    try {
      process.kill(-this.pid, 0);
    } catch (error) {
      return errnoOf(error) === 'EPERM';
    }
    return groupRuns(this.pid) ?? true;
  }
}

/**
 * Whether a process of the group still runs. Zombies do not: in a container without an init process those of
 * grandchildren stay for ever. Undefined where there is no /proc to tell them.
 */
function groupRuns(group: number): boolean | undefined {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  return pids.some((pid) => {
    const [state, , pgrp] = statOf(pid);
    return pgrp === String(group) && state !== 'Z' && state !== 'X';
  });
}

/** Fields of /proc/<pid>/stat from the third (state) on; the second may hold spaces and parentheses. */
function statOf(pid: string): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Sends the signal on; `finished` waits until the whole group is gone once that has happened. */
function forwardSignal(group: ProcessGroup, options: ProcessOptions): { finished(): Promise<void> } {
  const { signal } = options;
  if (signal === undefined) return { finished: () => Promise.resolve() };
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    group.kill(signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
    stopping = killAfter(group, options.graceMs ?? GRACE_MS);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    finished: async () => {
      signal.removeEventListener('abort', stop);
      await stopping;
    },
  };
}

async function killAfter(group: ProcessGroup, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (group.alive()) {
    if (performance.now() > deadline) {
      group.kill('SIGKILL');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function forwardOutput(child: ChildProcess, onOutput: ProcessOptions['onOutput']): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => onOutput?.(name, chunk));
  }
}

async function endOf(child: ChildProcess): Promise<Omit<ProcessResult, 'durationMs'>> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = await new Promise<Omit<ProcessResult, 'durationMs'>>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });
  let timer: NodeJS.Timeout | undefined;
  // setImmediate: a loop that was blocked meanwhile reads what lies in the pipes first.
  const drained = new Promise<void>((resolve) => {
    timer = setTimeout(() => setImmediate(resolve), DRAIN_MS);
  });
  await Promise.race([closed, drained]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return end;
}

function toArgv(command: ProcessOptions['command'], env: ProcessOptions['env']): [string, ...string[]] {
  if (typeof command === 'string') return [shellOf(env), '-c', command];
  const [file, ...args] = command;
  if (file !== undefined && file !== '') return [file, ...args];
  throw new MloError('usage', 'MLO_USAGE', 'there is no command to run');
}

const SHELLS = new Set(['bash', 'zsh', 'ksh', 'dash', 'sh']);

/** The user's shell when it reads POSIX syntax, else `sh`: a stage must not depend on fish or tcsh. */
function shellOf(env: ProcessOptions['env']): string {
  const shell = env.SHELL;
  return shell !== undefined && SHELLS.has(basename(shell)) && existsSync(shell) ? shell : 'sh';
}

function definedOnly(env: ProcessOptions['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function notStarted(file: string, cwd: AbsolutePath, cause: unknown): MloError {
  if (!existsSync(cwd)) {
    return new MloError('not-found', 'MLO_NO_SUCH_FOLDER', `the working folder ${cwd} does not exist`);
  }
  const missing = errnoOf(cause) === 'ENOENT';
  const code = errnoOf(cause) ?? 'unknown reason';
  return new MloError(
    'child',
    missing ? 'MLO_COMMAND_NOT_FOUND' : 'MLO_COMMAND_NOT_STARTED',
    missing ? `command not found: ${file}` : `${file} cannot be started: ${code}`,
    {
      hint: missing ? `check the spelling and PATH: command -v ${file}` : `chmod +x ${file}`,
      details: { command: file, exitCode: missing ? 127 : 126 },
      cause,
    },
  );
}
