import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import type { MloEvent } from '#foundation/events.ts';
import { ownProcess } from '#foundation/process-identity.ts';
import { acquireLock, withLock } from '#foundation/process-lock.ts';
import { bundleWorker } from '../../support/bundle-worker.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function lockPath(): Promise<AbsolutePath> {
  return join(await tempDir(), 'locks/repro') as AbsolutePath;
}

const HOLDER = `
  import { acquireLock } from '#foundation/process-lock.ts';
  await acquireLock({ path: process.argv[2], command: 'mlo holder' });
  process.stdout.write('held');
  setInterval(() => {}, 1000);`;

/** Starts a process that holds the lock until it is killed. */
async function startHolder(path: string): Promise<ChildProcess> {
  const worker = await bundleWorker(HOLDER);
  const child = spawn(process.execPath, [worker, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return child;
}

function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGKILL');
  return ended;
}

describe('between processes', () => {
  const COUNTER = `
    import { readFileSync, writeFileSync, writeSync } from 'node:fs';
    import { acquireLock } from '#foundation/process-lock.ts';
    const [lock, counter, times] = process.argv.slice(2);
    for (let i = 0; i < Number(times); i += 1) {
      await using held = await acquireLock({ path: lock, command: 'mlo count' });
      const before = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(counter, String(before + 1));
      writeSync(1, '.');
    }`;

  test('8 processes count 50 times each, three of them killed on the way: no count is lost', async () => {
    const dir = await tempDir();
    const lock = join(dir, 'lock');
    const counter = join(dir, 'counter');
    await writeFile(counter, '0');
    const worker = await bundleWorker(COUNTER);
    const killAfter = [3, 17, 31];
    const counts = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const child = spawn(process.execPath, [worker, lock, counter, '50'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let done = 0;
        child.stdout.on('data', (chunk: Buffer) => {
          done += chunk.length;
          if (done >= (killAfter[i] ?? Infinity)) child.kill('SIGKILL');
        });
        await new Promise((resolve) => child.on('close', resolve));
        return done;
      }),
    );
    const reported = counts.reduce((sum, count) => sum + count, 0);
    const counted = Number(await readFile(counter, 'utf8'));
    for (const count of counts.slice(3)) expect(count).toBe(50);
    // A killed process may have written its last count without reporting it.
    expect(counted).toBeGreaterThanOrEqual(reported);
    expect(counted).toBeLessThanOrEqual(reported + killAfter.length);
    const left = await readdir(dir);
    expect(left.filter((name) => name.includes('takeover'))).toEqual([]);
  });

  test('a lock left by kill -9 is taken over at once', async () => {
    const path = await lockPath();
    await killed(await startHolder(path));
    await expect(readFile(path, 'utf8')).resolves.toContain('mlo holder');
    await using lock = await acquireLock({ path, command: 'mlo add', timeoutMs: 0 });
    expect(lock).toBeDefined();
    expect(await readFile(path, 'utf8')).toContain('mlo add');
  });

  test('a living holder is named, and the wait ends when it does', async () => {
    const path = await lockPath();
    const holder = await startHolder(path);
    await expect(acquireLock({ path, command: 'mlo add', timeoutMs: 0 })).rejects.toMatchObject({
      kind: 'locked',
      code: 'MLO_LOCKED',
      message: expect.stringContaining(`"mlo holder" (pid ${holder.pid} on ${hostname()})`),
      details: { pid: holder.pid, host: hostname(), command: 'mlo holder' },
    });
    const events: MloEvent[] = [];
    const told = new Promise<void>((resolve) => {
      void acquireLock({
        path,
        command: 'mlo add',
        report: (event) => {
          events.push(event);
          resolve();
        },
      });
    });
    await told;
    expect(events).toEqual([
      { type: 'step', message: `waiting for "mlo holder" (pid ${holder.pid} on ${hostname()}) …` },
    ]);
    await killed(holder);
  });
});

describe('whose lock it is', () => {
  async function leave(path: AbsolutePath, owner: object): Promise<void> {
    await withLock({ path, command: 'x' }, () => Promise.resolve());
    await writeFile(path, JSON.stringify({ nonce: '00', command: 'mlo old', ...ownProcess(), ...owner }));
  }
  const take = (path: AbsolutePath): Promise<AsyncDisposable> =>
    acquireLock({ path, command: 'mlo new', timeoutMs: 300 });

  test('a reused pid does not count as the holder', async () => {
    const path = await lockPath();
    await leave(path, { startTime: '1' });
    await using lock = await take(path);
    expect(lock).toBeDefined();
  });

  test('a lock of an earlier boot is dead', async () => {
    const path = await lockPath();
    await leave(path, { bootId: 'another boot' });
    await using lock = await take(path);
    expect(lock).toBeDefined();
  });

  test('a lock of another host is respected: nobody here can know', async () => {
    const path = await lockPath();
    await leave(path, { host: 'node-17', pid: 1, startTime: '1' });
    await expect(take(path)).rejects.toMatchObject({
      code: 'MLO_LOCKED',
      message: expect.stringContaining('(pid 1 on node-17)'),
    });
  });

  test('an unreadable lock file is one clear error that says what to remove', async () => {
    const path = await lockPath();
    await leave(path, {});
    await writeFile(path, 'not json');
    await expect(take(path)).rejects.toMatchObject({
      code: 'MLO_LOCK_UNREADABLE',
      hint: expect.stringContaining(`rm ${path}`),
    });
  });
});

describe('in one process', () => {
  test('work runs one after the other and the lock file goes away', async () => {
    const path = await lockPath();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 5 }, () =>
        withLock({ path, command: 'mlo x' }, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  test('a failing task gives the lock back', async () => {
    const path = await lockPath();
    await expect(withLock({ path, command: 'x' }, () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    await using lock = await acquireLock({ path, command: 'x', timeoutMs: 0 });
    expect(lock).toBeDefined();
  });

  test('Ctrl-C ends the wait', async () => {
    const path = await lockPath();
    await using _held = await acquireLock({ path, command: 'x' });
    const controller = new AbortController();
    const waiting = acquireLock({ path, command: 'y', signal: controller.signal });
    controller.abort('SIGINT');
    await expect(waiting).rejects.toMatchObject({ kind: 'aborted', details: { signal: 'SIGINT' } });
  });
});
