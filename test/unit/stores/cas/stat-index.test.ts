import fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { contentIdOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import {
  decodeStatIndex,
  encodeStatIndex,
  INDEX_MODES,
  type IndexRow,
} from '#stores/cas/stat-index-codec.ts';
import {
  comparePaths,
  isRacy,
  readStatIndex,
  rowHolds,
  StatIndex,
  writeStatIndex,
} from '#stores/cas/stat-index.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const row = (path: string, over: Partial<IndexRow> = {}): IndexRow => ({
  path,
  mode: 'file',
  size: 1,
  mtimeMs: 1000.25,
  ctimeMs: 1000.5,
  ino: 7,
  racy: false,
  id: contentIdOf(path),
  ...over,
});

const anyRow = fc.record({
  path: fc
    .array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/')),
  mode: fc.constantFrom(...INDEX_MODES),
  size: fc.maxSafeNat(),
  mtimeMs: fc.double({ noNaN: true }),
  ctimeMs: fc.double({ noNaN: true }),
  ino: fc.maxSafeNat(),
  racy: fc.boolean(),
  id: fc.string().map((text) => contentIdOf(text)),
});

describe('stat index file', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 30 }), (rows) => {
        const sorted = rows.toSorted(comparePaths);
        expect(decodeStatIndex(encodeStatIndex(sorted))).toEqual(sorted);
      }),
    );
  });

  it('counts as absent after any flipped byte or cut', () => {
    const bytes = encodeStatIndex([row('a'), row('ab/c'), row('ab/d')]);
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x41;
      expect(decodeStatIndex(flipped)).toBeUndefined();
      expect(decodeStatIndex(bytes.subarray(0, at))).toBeUndefined();
    }
  });

  it('is empty when missing or damaged, and survives a round trip over the disk', async () => {
    const file = joinPath(await tempDir(), '.mlo', 'index');
    expect(readStatIndex(file).rows).toEqual([]);
    await writeStatIndex(file, new StatIndex([row('a')]));
    expect(readStatIndex(file).rows).toEqual([row('a')]);
    await writeFile(file, 'rubbish');
    expect(readStatIndex(file).rows).toEqual([]);
  });
});

describe('stat index', () => {
  const tree = (path: string): IndexRow => row(path, { mode: 'tree' });

  it('finds files and folders, and keeps neighbours apart', () => {
    const index = new StatIndex([])
      .replace('a', [tree('a'), row('a/x'), row('a/y')], true)
      .replace('a-b', [row('a-b')], true)
      .replace('a.txt', [row('a.txt')], true);
    expect(index.below('a').map(({ path }) => path)).toEqual(['a/x', 'a/y']);
    expect(index.tree('a')?.path).toBe('a');
    expect(index.file('a')).toBeUndefined();
    expect(index.file('a-b')?.path).toBe('a-b');
    expect(index.file('a/x')?.path).toBe('a/x');
    expect(index.below('nothing')).toEqual([]);
  });

  it('forgets what it knew of folders around and inside a change', () => {
    const index = new StatIndex([])
      .replace('a', [tree('a'), row('a/b/x'), row('a/y')], true)
      .replace('a/b', [tree('a/b'), row('a/b/x')], false);
    expect(index.tree('a')).toBeDefined();
    expect(index.replace('a/b/x', [row('a/b/x', { size: 2 })], true).tree('a')).toBeUndefined();
    expect(index.replace('a/b/x', [row('a/b/x', { size: 2 })], true).tree('a/b')).toBeUndefined();
    expect(index.replace('a', [tree('a'), row('a/b/x'), row('a/y')], true).tree('a/b')).toBeUndefined();
    expect(index.replace('a', [tree('a'), row('a/b/x'), row('a/y')], false).tree('a/b')).toBeDefined();
  });

  it('trusts a row only when size, times, inode and mode are the same and it is not racy', () => {
    const known = row('a');
    const { size, mtimeMs, ctimeMs, ino } = known;
    const entry = { mode: 'file' as const, size, mtimeMs, ctimeMs, ino };
    expect(rowHolds(known, entry)).toBe(true);
    for (const change of [{ size: 2 }, { mtimeMs: 1 }, { ctimeMs: 1 }, { ino: 8 }]) {
      expect(rowHolds(known, { ...entry, ...change })).toBe(false);
    }
    expect(rowHolds(known, { ...entry, mode: 'exec' })).toBe(false);
    expect(rowHolds({ ...known, racy: true }, entry)).toBe(false);
  });

  it('calls a file racy when it changed within a clock step of being read', () => {
    const stamp = (ctimeMs: number): Parameters<typeof isRacy>[0] => ({
      size: 1,
      mtimeMs: 0,
      ctimeMs,
      ino: 1,
    });
    expect(isRacy(stamp(10_000.25), 10_050)).toBe(true);
    expect(isRacy(stamp(10_000.25), 10_200)).toBe(false);
    // Whole milliseconds: the file system may count in seconds or two.
    expect(isRacy(stamp(10_000), 11_500)).toBe(true);
    expect(isRacy(stamp(10_000), 12_500)).toBe(false);
    // A clock that runs ahead.
    expect(isRacy(stamp(20_000.5), 10_000)).toBe(true);
  });
});
