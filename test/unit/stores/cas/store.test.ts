import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { contentIdOf, hexOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { openStore } from '#stores/cas/open-store.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const BIG = 3_000_000;

async function setUp(): Promise<{
  dir: AbsolutePath;
  store: ReturnType<typeof openStore>;
  work: AbsolutePath;
}> {
  const dir = await tempDir();
  const work = joinPath(dir, 'work');
  mkdirSync(work);
  return { dir, work, store: openStore({ dir: joinPath(dir, 'store') }) };
}

describe('content store', () => {
  it('keeps files of 1 MiB and more as whole, read-only objects named by sha256sum', async () => {
    const { store, work } = await setUp();
    const content = randomBytes(BIG);
    const path = joinPath(work, 'big');
    writeFileSync(path, content);
    const { id, size } = await store.putFile(path);
    const sum = execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64);
    expect([hexOf(id), size]).toEqual([sum, BIG]);
    const object = join(store.dir, 'loose', sum.slice(0, 2), sum.slice(2));
    expect(statSync(object).mode & 0o777).toBe(0o444);
    expect(Buffer.from(await store.readBytes(id)).equals(content)).toBe(true);
    const parts: Buffer[] = [];
    for await (const part of await store.openRead(id)) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  it('finds a flipped byte in a whole object, whichever way it is read, and writes nothing', async () => {
    const { store, work } = await setUp();
    const { id } = await store.putBytes(randomBytes(BIG));
    const object = join(store.dir, 'loose', hexOf(id).slice(0, 2), hexOf(id).slice(2));
    chmodSync(object, 0o644);
    const bytes = readFileSync(object);
    bytes[1_500_000] = (bytes[1_500_000] ?? 0) ^ 1;
    writeFileSync(object, bytes);
    const corrupt = { code: 'MLO_OBJECT_CORRUPT', kind: 'integrity', details: { id } };
    await expect(store.readBytes(id)).rejects.toMatchObject(corrupt);
    const dest = joinPath(work, 'out');
    await expect(store.writeFileTo(id, dest)).rejects.toMatchObject(corrupt);
    expect(readdirSync(work)).toEqual([]);
    const stream = await store.openRead(id);
    await expect(
      (async () => {
        for await (const part of stream) void part;
      })(),
    ).rejects.toMatchObject(corrupt);
  });

  it('stores equal content once', async () => {
    const { store } = await setUp();
    await store.putBytes(Buffer.alloc(0));
    await store.putBytes(Buffer.alloc(0));
    await using session = await store.begin();
    for (let i = 0; i < 100; i += 1) await session.putBytes(Buffer.from('same'));
    await session.commit();
    expect(session.written.objects).toBe(1);
    const packs = readdirSync(join(store.dir, 'packs'));
    expect(packs).toHaveLength(2);
  });

  it('sees what another process stored meanwhile', async () => {
    const { store } = await setUp();
    await store.putBytes(Buffer.from('mine'));
    const other = openStore({ dir: store.dir });
    expect(await store.has(contentIdOf('theirs'))).toBe(false);
    await other.putBytes(Buffer.from('theirs'));
    expect(await store.has(contentIdOf('theirs'))).toBe(true);
    expect(Buffer.from(await store.readBytes(contentIdOf('theirs'))).toString()).toBe('theirs');
  });

  it('keeps nothing of a session that was not committed', async () => {
    const { store } = await setUp();
    {
      await using session = await store.begin();
      await session.putBytes(Buffer.from('dropped'));
    }
    expect(await store.has(contentIdOf('dropped'))).toBe(false);
    expect(readdirSync(join(store.dir, 'tmp'))).toEqual([]);
  });

  it('removes what killed writers left', async () => {
    const { store } = await setUp();
    await store.putBytes(Buffer.from('x'));
    const mine = store.begin().then((session) => session.temporary());
    const mark = (await mine).split('/').at(-1)?.slice(0, 8) ?? '';
    const dead = join(store.dir, 'tmp', `${mark}-999999999-aabbccddeeff`);
    const foreign = join(store.dir, 'tmp', `00000000-1-aabbccddeeff`);
    writeFileSync(dead, 'half');
    writeFileSync(foreign, 'half');
    await openStore({ dir: store.dir }).putBytes(Buffer.from('y'));
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(foreign)).toBe(true);
  });

  it('takes a folder with links, modes, empty files and folders, and gives exactly that back', async () => {
    const { store, work } = await setUp();
    const from = joinPath(work, 'from');
    mkdirSync(join(from, 'sub', 'empty'), { recursive: true });
    writeFileSync(join(from, 'zero'), '');
    writeFileSync(join(from, 'sub', 'also-zero'), '');
    writeFileSync(join(from, 'naïve 数据.txt'), 'unicode');
    writeFileSync(join(from, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('../zero', join(from, 'sub', 'link'));
    symlinkSync('nowhere', join(from, 'broken'));
    const tree = await store.putTree(from);
    expect(tree.nfiles).toBe(6);
    const to = joinPath(work, 'to');
    mkdirSync(join(to, 'extra'), { recursive: true });
    writeFileSync(join(to, 'extra', 'old'), 'goes away');
    writeFileSync(join(to, 'zero'), 'is replaced');
    await store.writeTreeTo(tree.id, to);
    expect((await store.putTree(to)).id).toBe(tree.id);
    expect(readdirSync(join(to, 'sub', 'empty'))).toEqual([]);
    expect(readlinkSync(join(to, 'broken'))).toBe('nowhere');
    expect(lstatSync(join(to, 'run.sh')).mode & 0o111).not.toBe(0);
    expect(existsSync(join(to, 'extra'))).toBe(false);
  });

  it('leaves files alone that are right already', async () => {
    const { store, work } = await setUp();
    const dir = joinPath(work, 'd');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a'), 'a');
    writeFileSync(join(dir, 'b'), 'b');
    const { id } = await store.putTree(dir);
    const before = statSync(join(dir, 'a'));
    writeFileSync(join(dir, 'b'), 'changed');
    await store.writeTreeTo(id, dir);
    const after = statSync(join(dir, 'a'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('b');
  });

  it('refuses links that leave the folder, sockets and bad names', async () => {
    const { store, work } = await setUp();
    const bad = async (name: string, make: (dir: string) => void, code: string): Promise<void> => {
      const dir = joinPath(work, name);
      mkdirSync(dir);
      make(dir);
      await expect(store.putTree(dir)).rejects.toMatchObject({ code });
    };
    await bad('abs', (dir) => symlinkSync('/etc/passwd', join(dir, 'l')), 'MLO_LINK_ESCAPES');
    await bad('up', (dir) => symlinkSync('../../x', join(dir, 'l')), 'MLO_LINK_ESCAPES');
    await bad('fifo', (dir) => execFileSync('mkfifo', [join(dir, 'pipe')]), 'MLO_CANNOT_VERSION');
    await bad(
      'bytes',
      (dir) => writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe])]), ''),
      'MLO_CANNOT_VERSION',
    );
  });

  it('refuses a file that does not hold still', async () => {
    const { store, work } = await setUp();
    const path = joinPath(work, 'growing');
    writeFileSync(path, randomBytes(BIG));
    const grow = { onBytes: () => appendFileSync(path, 'more') };
    await expect(store.putFile(path, grow)).rejects.toMatchObject({ code: 'MLO_FILE_CHANGED' });
    expect(readdirSync(join(store.dir, 'tmp'))).toEqual([]);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write('skipped: a full disk: only root can mount a small one\n');
  it.skipIf(!isRoot)('says that the disk is full and leaves a usable store', async () => {
    const mount = await tempDir();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount], { stdio: 'pipe' });
    } catch {
      console.warn('full-disk test skipped: no right to mount a tmpfs here');
      return;
    }
    try {
      const store = openStore({ dir: joinPath(mount, 'store') });
      const small = await store.putBytes(Buffer.from('fits'));
      await expect(store.putBytes(randomBytes(8_000_000))).rejects.toMatchObject({ code: 'MLO_DISK_FULL' });
      await using session = await store.begin();
      await expect(
        (async () => {
          for (let i = 0; i < 40; i += 1) await session.putBytes(randomBytes(500_000));
        })(),
      ).rejects.toMatchObject({ code: 'MLO_DISK_FULL' });
      await session[Symbol.asyncDispose]();
      expect(readdirSync(join(store.dir, 'tmp'))).toEqual([]);
      const again = openStore({ dir: store.dir });
      expect(Buffer.from(await again.readBytes(small.id)).toString()).toBe('fits');
      await again.putBytes(Buffer.from('fits too'));
    } finally {
      // The store keeps a few packs open.
      execFileSync('umount', ['--lazy', mount]);
    }
  });
});
