import { readFile } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { GetOptions, ObjectInfo, ObjectStore, PutOptions, RequestOptions } from './object-store.ts';

/** Objects in memory: the simplest store that keeps the contract. */
export function memoryObjectStore(url = 'memory://'): ObjectStore {
  const objects = new Map<string, Uint8Array>();
  return {
    url,
    async get(key, options: GetOptions = {}) {
      await Promise.resolve();
      throwIfAborted(options.signal);
      const bytes = objects.get(key);
      const { range } = options;
      return range ? bytes?.slice(range.start, range.start + range.length) : bytes?.slice();
    },
    async put(key, body, options: PutOptions = {}) {
      throwIfAborted(options.signal);
      if (options.ifAbsent === true && objects.has(key)) return 'exists';
      objects.set(key, body instanceof Uint8Array ? body.slice() : await readFile(body.path));
      return 'created';
    },
    async *list(prefix, options: RequestOptions = {}): AsyncIterable<ObjectInfo> {
      await Promise.resolve();
      for (const [key, bytes] of [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        throwIfAborted(options.signal);
        if (key.startsWith(prefix)) yield { key, size: bytes.length };
      }
    },
    head(key) {
      const bytes = objects.get(key);
      return Promise.resolve(bytes && { key, size: bytes.length });
    },
    delete(key) {
      objects.delete(key);
      return Promise.resolve();
    },
  };
}
