import { describe, expect, it } from 'vitest';
import { MloError } from '#foundation/errors.ts';
import { memoryObjectStore } from '#stores/objects/memory.ts';
import type { ObjectStore } from '#stores/objects/object-store.ts';
import { withRetry } from '#stores/objects/with-retry.ts';

const passing = (): MloError =>
  new MloError('remote', 'MLO_REMOTE_FAILED', 'busy', { details: { retryable: true } });

/** Fails the first `failures` operations. */
function flaky(failures: number, error: () => Error): { store: ObjectStore; calls: () => number } {
  const inner = memoryObjectStore();
  let calls = 0;
  const attempt = <T>(work: () => T): T => {
    calls += 1;
    if (calls <= failures) throw error();
    return work();
  };
  const store: ObjectStore = {
    ...inner,
    get: async (key, options) => attempt(() => inner.get(key, options)),
    put: async (key, body, options) => attempt(() => inner.put(key, body, options)),
    async *list(prefix, options) {
      yield { key: 'told twice?', size: 0 };
      attempt(() => {});
      yield* inner.list(prefix, options);
    },
  };
  return { store, calls: () => calls };
}

const quick = { firstPauseMs: 0 };

describe('retry', () => {
  it('tries again after failures that may pass', async () => {
    const { store, calls } = flaky(3, passing);
    expect(await withRetry(store, quick).put('k', new Uint8Array(1))).toBe('created');
    expect(calls()).toBe(4);
  });

  it('gives up after the last attempt with the last error', async () => {
    const { store, calls } = flaky(99, passing);
    await expect(withRetry(store, { ...quick, attempts: 3 }).get('k')).rejects.toMatchObject({
      code: 'MLO_REMOTE_FAILED',
    });
    expect(calls()).toBe(3);
  });

  it('does not repeat what cannot pass', async () => {
    const { store, calls } = flaky(99, () => new MloError('auth', 'MLO_REMOTE_AUTH', 'no'));
    await expect(withRetry(store, quick).get('k')).rejects.toMatchObject({ kind: 'auth' });
    expect(calls()).toBe(1);
  });

  it('tells each listed object once', async () => {
    const { store } = flaky(1, passing);
    const keys: string[] = [];
    for await (const { key } of withRetry(store, quick).list('')) keys.push(key);
    expect(keys).toEqual(['told twice?']);
  });

  it('stops waiting when the signal fires', async () => {
    const { store } = flaky(99, passing);
    const stop = new AbortController();
    const waiting = withRetry(store, { firstPauseMs: 1_000_000 }).get('k', { signal: stop.signal });
    stop.abort('SIGINT');
    await expect(waiting).rejects.toMatchObject({ kind: 'aborted' });
  });
});
