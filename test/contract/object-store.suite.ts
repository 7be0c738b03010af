import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { contentIdOf, hexOf } from '#foundation/hash.ts';
import type { ObjectInfo, ObjectStore } from '#stores/objects/object-store.ts';
import { tempDir } from '../support/temp-dir.ts';

/** What every object store promises. `open` gives a store that holds nothing. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const text = (found: Uint8Array | undefined): string | undefined =>
    found && new TextDecoder().decode(found);
  const listed = async (store: ObjectStore, prefix: string): Promise<ObjectInfo[]> => {
    const all: ObjectInfo[] = [];
    for await (const info of store.list(prefix)) all.push(info);
    return all;
  };

  describe(`object store contract: ${name}`, () => {
    it('gives back what was put, byte for byte', async () => {
      const store = await open();
      const content = randomBytes(3_000_001);
      expect(await store.put('v1/packs/ab/x', content)).toBe('created');
      expect(Buffer.from((await store.get('v1/packs/ab/x')) ?? []).equals(content)).toBe(true);
    });

    it('sends a file as it sends bytes', async () => {
      const store = await open();
      const path = join(await tempDir(), 'body') as AbsolutePath;
      await writeFile(path, 'from a file', { mode: 0o444 });
      await store.put('a/b', { path, size: 11 });
      expect(text(await store.get('a/b'))).toBe('from a file');
    });

    it('keeps empty objects', async () => {
      const store = await open();
      await store.put('empty', new Uint8Array(0));
      expect((await store.get('empty'))?.length).toBe(0);
      expect(await store.head('empty')).toEqual({ key: 'empty', size: 0 });
    });

    it('says undefined for what is not there', async () => {
      const store = await open();
      expect(await store.get('nothing/here')).toBeUndefined();
      expect(await store.head('nothing/here')).toBeUndefined();
      expect(await listed(store, 'nothing/')).toEqual([]);
      await store.delete('nothing/here');
    });

    it('reads ranges, and what there is of a range beyond the end', async () => {
      const store = await open();
      await store.put('r', bytes('0123456789'));
      expect(text(await store.get('r', { range: { start: 2, length: 3 } }))).toBe('234');
      expect(text(await store.get('r', { range: { start: 8, length: 100 } }))).toBe('89');
      expect((await store.get('r', { range: { start: 10, length: 5 } }))?.length).toBe(0);
      expect((await store.get('r', { range: { start: 3, length: 0 } }))?.length).toBe(0);
    });

    it('writes an object only once when asked to, also when many try at once', async () => {
      const store = await open();
      expect(await store.put('once', bytes('first'), { ifAbsent: true })).toBe('created');
      expect(await store.put('once', bytes('second'), { ifAbsent: true })).toBe('exists');
      expect(text(await store.get('once'))).toBe('first');
      const tries = await Promise.all(
        Array.from({ length: 8 }, (_, i) => store.put('race', bytes(`writer ${i}`), { ifAbsent: true })),
      );
      expect(tries.filter((outcome) => outcome === 'created')).toHaveLength(1);
    });

    it('replaces without the condition', async () => {
      const store = await open();
      await store.put('k', bytes('old, longer'));
      await store.put('k', bytes('new'));
      expect(text(await store.get('k'))).toBe('new');
    });

    it('takes a checksum along', async () => {
      const store = await open();
      const body = bytes('checked');
      await store.put('sum', body, { sha256: hexOf(contentIdOf(body)), ifAbsent: true });
      expect(text(await store.get('sum'))).toBe('checked');
    });

    it('lists by prefix in key order, over more than one page', async () => {
      const store = await open();
      const keys = Array.from({ length: 1100 }, (_, i) => `many/${String(i).padStart(5, '0')}`);
      for (let at = 0; at < keys.length; at += 50) {
        await Promise.all(keys.slice(at, at + 50).map((key) => store.put(key, bytes(key))));
      }
      await store.put('manyother/x', bytes('x'));
      const found = await listed(store, 'many/');
      expect(found.map(({ key }) => key)).toEqual(keys);
      expect(found[0]?.size).toBe(10);
    });

    it('deletes', async () => {
      const store = await open();
      await store.put('gone', bytes('x'));
      await store.delete('gone');
      expect(await store.get('gone')).toBeUndefined();
    });

    it('stops when the signal has fired', async () => {
      const store = await open();
      await expect(store.get('x', { signal: AbortSignal.abort('SIGINT') })).rejects.toMatchObject({
        kind: 'aborted',
      });
    });
  });
}
