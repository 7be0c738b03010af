import { readFile, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { sleep, throwIfAborted } from './abort.ts';
import { createFileExclusive } from './atomic-file.ts';
import type { AbsolutePath } from './brands.ts';
import { errnoOf, MloError } from './errors.ts';
import type { Report } from './events.ts';
import { isDeadProcess, ownProcess, type ProcessIdentity } from './process-identity.ts';

/**
 * A lock between processes: a file whose content says who holds it. Pid, start time of the pid, boot id and
 * host together tell a living holder from a dead one, so a lock left by kill -9 is taken over at once.
 * Waits by default and names the holder after a second; `timeoutMs: 0` fails at once.
 */
export interface LockOptions {
  readonly path: AbsolutePath;
  /** What the holder is doing, for the message others see: "mlo add". */
  readonly command: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

interface Owner extends ProcessIdentity {
  readonly nonce: string;
  readonly command: string;
}

export async function acquireLock(options: LockOptions): Promise<AsyncDisposable> {
  const mine = ownOwner(options.command);
  const text = `${JSON.stringify(mine)}\n`;
  const startedAt = Date.now();
  let told = false;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    throwIfAborted(options.signal);
    if (await createFileExclusive(options.path, text)) return release(options.path, mine.nonce);
    const holder = await readOwner(options.path);
    if (holder === undefined) continue;
    if (isDeadProcess(holder)) {
      await clearDead(options.path, holder.nonce, text);
      continue;
    }
    const waitedMs = Date.now() - startedAt;
    if (options.timeoutMs !== undefined && waitedMs >= options.timeoutMs)
      throw lockedError(options.path, holder);
    if (!told && waitedMs > 1000) {
      told = true;
      options.report?.({ type: 'step', message: `waiting for ${describe(holder)} …` });
    }
    await sleep(pauseMs, options.signal);
  }
}

/** Runs `work` under the lock. */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  await using _lock = await acquireLock(options);
  return await work();
}

function release(path: AbsolutePath, nonce: string): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => removeIfStill(path, nonce) };
}

/**
 * Removes a dead holder's file. Two processes may see the same dead holder; without the guard the slower one
 * could remove the lock the faster one has just taken.
 */
async function clearDead(path: AbsolutePath, nonce: string, text: string): Promise<void> {
  const guard = `${path}.takeover` as AbsolutePath;
  if (await createFileExclusive(guard, text)) {
    await removeIfStill(path, nonce);
    await rm(guard, { force: true });
    return;
  }
  const other = await readOwner(guard);
  if (other !== undefined && isDeadProcess(other)) await removeIfStill(guard, other.nonce);
  await sleep(5);
}

async function removeIfStill(path: AbsolutePath, nonce: string): Promise<void> {
  const current = await readOwner(path);
  if (current?.nonce === nonce) await rm(path, { force: true });
}

async function readOwner(path: AbsolutePath): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new MloError('locked', 'MLO_LOCK_UNREADABLE', `the lock file ${path} cannot be read`, {
      hint: `if no other mlo is running: rm ${path}`,
      cause: error,
    });
  }
}

function lockedError(path: AbsolutePath, holder: Owner): MloError {
  return new MloError('locked', 'MLO_LOCKED', `${describe(holder)} holds the lock ${path}`, {
    hint: 'wait for it to end, or run again without --lock-timeout to wait here',
    details: { pid: holder.pid, host: holder.host, command: holder.command },
  });
}

function describe(owner: Owner): string {
  return `"${owner.command}" (pid ${owner.pid} on ${owner.host})`;
}

function ownOwner(command: string): Owner {
  return { ...ownProcess(), nonce: randomBytes(8).toString('hex'), command };
}
