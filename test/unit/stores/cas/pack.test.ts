import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { contentIdOf, hexOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { openStore } from '#stores/cas/open-store.ts';
import { RECORD } from '#stores/cas/pack-format.ts';
import { decodePackIndex } from '#stores/cas/pack-index.ts';
import { PackWriter } from '#stores/cas/pack-writer.ts';
import { tempDir } from '../../../support/temp-dir.ts';

function onlyPack(dir: string): { pack: string; idx: string } {
  const packs = join(dir, 'packs');
  const files = readdirSync(packs).flatMap((fan) =>
    readdirSync(join(packs, fan)).map((name) => join(packs, fan, name)),
  );
  const pack = files.find((name) => name.endsWith('.pack'));
  const idx = files.find((name) => name.endsWith('.idx'));
  if (pack === undefined || idx === undefined) throw new Error('expected one pack with its index');
  return { pack, idx };
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 0x20;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}

describe('packs', () => {
  it('are named by their SHA-256, and the same records give the same pack', async () => {
    const dir = await tempDir();
    const write = (name: string): ContentId => {
      const writer = new PackWriter(joinPath(dir, name));
      for (const text of ['one', 'two', 'three'])
        writer.add(RECORD.file, contentIdOf(text), Buffer.from(text));
      return writer.finish().index.packId;
    };
    const first = write('a');
    expect(contentIdOf(readFileSync(join(dir, 'a')))).toBe(first);
    expect(write('b')).toBe(first);
  });

  it('give back every record they took (property)', async () => {
    const dir = await tempDir();
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 300 }),
        async (contents) => {
          round += 1;
          const store = openStore({ dir: joinPath(dir, String(round)) });
          await using session = await store.begin();
          for (const content of contents) await session.putBytes(Buffer.from(content));
          await session.commit();
          const fresh = openStore({ dir: store.dir });
          for (const content of contents) {
            const got = await fresh.readBytes(contentIdOf(content));
            expect(Buffer.from(got).equals(Buffer.from(content))).toBe(true);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('have an index that is read, not rebuilt, and rebuilt when missing or damaged', async () => {
    const dir = await tempDir();
    const store = openStore({ dir });
    const { id } = await store.putBytes(Buffer.from('content'));
    const { pack, idx } = onlyPack(dir);
    const packId = `sha256:${pack.slice(-69, -5)}` as ContentId;
    const good = readFileSync(idx);
    expect(decodePackIndex(good, packId)?.count).toBe(1);
    for (let at = 0; at < good.length; at += 7) {
      const flipped = Buffer.from(good);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(decodePackIndex(flipped, packId)).toBeUndefined();
    }
    flip(idx, 100);
    expect(Buffer.from(await openStore({ dir }).readBytes(id)).toString()).toBe('content');
    expect(readFileSync(idx).equals(good)).toBe(true);
    rmSync(idx);
    expect(await openStore({ dir }).has(id)).toBe(true);
    expect(readFileSync(idx).equals(good)).toBe(true);
  });

  it('never give wrong bytes: each flipped byte is a typed error or harmless', async () => {
    const dir = await tempDir();
    const store = openStore({ dir });
    const contents = ['alpha', 'beta', 'gamma gamma'].map((text) => Buffer.from(text));
    await using session = await store.begin();
    for (const content of contents) await session.putBytes(content);
    await session.commit();
    const { pack, idx } = onlyPack(dir);
    const good = readFileSync(pack);
    let errors = 0;
    for (const withIndex of [true, false]) {
      for (let at = 0; at < good.length; at += 1) {
        chmodSync(pack, 0o644);
        writeFileSync(pack, good);
        flip(pack, at);
        if (!withIndex) rmSync(idx, { force: true });
        const damaged = openStore({ dir });
        for (const content of contents) {
          const id = contentIdOf(content);
          try {
            expect(Buffer.from(await damaged.readBytes(id)).equals(content)).toBe(true);
          } catch (error) {
            errors += 1;
            expect(error).toMatchObject({ code: expect.stringMatching(/^MLO_OBJECT_(CORRUPT|MISSING)$/) });
          }
        }
      }
    }
    expect(errors).toBeGreaterThan(contents.length * 10);
  });

  it('tell a damaged object from a missing one, naming it and a way out', async () => {
    const dir = await tempDir();
    const { id } = await openStore({ dir }).putBytes(Buffer.from('precious'));
    const { pack } = onlyPack(dir);
    flip(pack, readFileSync(pack).indexOf('precious'));
    await expect(openStore({ dir }).readBytes(id)).rejects.toMatchObject({
      kind: 'integrity',
      code: 'MLO_OBJECT_CORRUPT',
      details: { id },
    });
    await expect(openStore({ dir }).readBytes(contentIdOf('never stored'))).rejects.toMatchObject({
      kind: 'not-found',
      code: 'MLO_OBJECT_MISSING',
      hint: 'mlo pull',
    });
  });

  it('do not hide a good copy behind a damaged one', async () => {
    const dir = await tempDir();
    const { id } = await openStore({ dir }).putBytes(Buffer.from('twice'));
    const { pack } = onlyPack(dir);
    flip(pack, readFileSync(pack).indexOf('twice'));
    const store = openStore({ dir });
    store.distrust(id);
    expect(await store.has(id)).toBe(false);
    await using session = await store.begin();
    await session.putBytes(Buffer.from('other'));
    await session.putBytes(Buffer.from('twice'));
    await session.commit();
    expect(Buffer.from(await openStore({ dir }).readBytes(id)).toString()).toBe('twice');
  });

  it('are closed before they outgrow what a remote takes', async () => {
    const dir = await tempDir();
    const store = openStore({ dir });
    await using session = await store.begin();
    for (let i = 0; i < 80; i += 1) await session.putBytes(randomBytes(1_000_000));
    await session.commit();
    const packs = join(dir, 'packs');
    const sizes = readdirSync(packs).flatMap((fan) =>
      readdirSync(join(packs, fan))
        .filter((n) => n.endsWith('.pack'))
        .map((n) => statSync(join(packs, fan, n)).size),
    );
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('store format', () => {
  it.each([
    ['mlo-store 2\n', /version 2/],
    ['mlo-store 1\nrequire time-travel\n', /requires "time-travel"/],
    ['something else\n', /not a format line/],
    ['', /not a format line/],
  ])('%j is refused', async (text, reason) => {
    const dir = await tempDir();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'format'), text);
    const store = openStore({ dir });
    await expect(store.putBytes(Buffer.from('x'))).rejects.toThrowError(reason);
    expect(() => store.hasNow(contentIdOf('x'))).toThrowError(
      expect.objectContaining({ code: 'MLO_STORE_FORMAT', kind: 'config' }),
    );
  });

  it('takes optional flags it does not know', async () => {
    const dir = await tempDir();
    writeFileSync(join(dir, 'format'), 'mlo-store 1\nrequire packs\noptional shiny\n');
    await openStore({ dir }).putBytes(Buffer.from('x'));
  });

  it('is not written by looking', async () => {
    const dir = joinPath(await tempDir(), 'store');
    expect(await openStore({ dir }).has(contentIdOf('x'))).toBe(false);
    expect(() => readdirSync(dir)).toThrow(/ENOENT/);
    expect(hexOf(contentIdOf(''))).toHaveLength(64);
    expect(dir satisfies AbsolutePath).toBeTruthy();
  });
});
