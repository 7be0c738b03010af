import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fsObjectStore } from '#stores/objects/fs.ts';
import { openObjectStore } from '#stores/objects/open-object-store.ts';
import { tempDir } from '../support/temp-dir.ts';
import { objectStoreContract } from './object-store.suite.ts';

objectStoreContract('folder', async () => fsObjectStore(await tempDir()));

describe('folder objects', () => {
  it('refuses keys that lead out of the folder', async () => {
    const store = fsObjectStore(await tempDir());
    for (const key of ['../x', 'a/../../x', '/etc/passwd', '', 'a//b']) {
      await expect(store.get(key)).rejects.toMatchObject({ code: 'MLO_UNSAFE_PATH' });
    }
  });

  it('leaves no temporary files and does not list those of others', async () => {
    const dir = await tempDir();
    const store = fsObjectStore(dir);
    await store.put('a', new Uint8Array(10), { ifAbsent: true });
    await store.put('a', new Uint8Array(10), { ifAbsent: true });
    expect(await readdir(dir)).toEqual(['a']);
    await writeFile(join(dir, '.mlo-tmp-1-aabbccddeeff-b'), 'half');
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(['a']);
  });

  it('opens by file:// url and by a path relative to the project', async () => {
    const dir = await tempDir();
    await (await openObjectStore({ url: `file://${dir}/one` }, dir)).put('k', new Uint8Array(1));
    await (await openObjectStore({ url: 'two' }, dir)).put('k', new Uint8Array(1));
    expect((await readdir(dir)).sort()).toEqual(['one', 'two']);
    await expect(openObjectStore({ url: 'ftp://x/y' }, dir)).rejects.toMatchObject({
      code: 'MLO_UNKNOWN_SCHEME',
    });
  });
});
