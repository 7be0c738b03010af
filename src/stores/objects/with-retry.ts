import { sleep } from '#foundation/abort.ts';
import { isMloError } from '#foundation/errors.ts';
import type { ObjectStore, RequestOptions } from './object-store.ts';

export interface RetryOptions {
  /** Attempts in total. */
  readonly attempts?: number;
  /** Pause before the second attempt; doubles each time, with up to as much again at random. */
  readonly firstPauseMs?: number;
  readonly random?: () => number;
}

/** Tries again after failures that may pass: refused connections, 5xx, cut bodies. All operations bear repeating. */
export function withRetry(store: ObjectStore, options: RetryOptions = {}): ObjectStore {
  const { attempts = 5, firstPauseMs = 200, random = Math.random } = options;
  const retry = async <T>(request: RequestOptions | undefined, work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const passing = isMloError(error) && error.kind === 'remote' && error.details?.retryable === true;
        if (!passing || attempt >= attempts) throw error;
        const pause = firstPauseMs * 2 ** (attempt - 1);
        await sleep(pause + pause * random(), request?.signal);
      }
    }
  };
  return {
    url: store.url,
    get: (key, request) => retry(request, () => store.get(key, request)),
    put: (key, body, request) => retry(request, () => store.put(key, body, request)),
    async *list(prefix, request) {
      // A page that failed makes the listing start again; what was told already is not told twice.
      const told = await retry(request, async () => {
        const all = [];
        for await (const info of store.list(prefix, request)) all.push(info);
        return all;
      });
      yield* told;
    },
    head: (key, request) => retry(request, () => store.head(key, request)),
    delete: (key, request) => retry(request, () => store.delete(key, request)),
  };
}
