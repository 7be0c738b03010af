import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import {
  contentIdOf,
  hashFile,
  hexOf,
  isContentId,
  isRunId,
  newRunId,
  parseContentId,
  shortId,
} from '#foundation/hash.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('content ids', () => {
  test('are the SHA-256 of FIPS 180-2, examples B.1 and B.2', () => {
    expect(contentIdOf('abc')).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(contentIdOf(Buffer.from('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'))).toBe(
      'sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
  });

  test('of a file equal sha256sum', async () => {
    const path = join(await tempDir(), 'big.bin') as AbsolutePath;
    const bytes = Buffer.alloc(3 * 2 ** 20 + 17, 'mlo');
    await writeFile(path, bytes);
    const { id, size } = await hashFile(path);
    expect(size).toBe(bytes.length);
    expect(hexOf(id)).toBe(execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64));
  });

  test('stop when asked', async () => {
    const path = join(await tempDir(), 'x') as AbsolutePath;
    await writeFile(path, 'x');
    await expect(hashFile(path, AbortSignal.abort('SIGTERM'))).rejects.toMatchObject({ kind: 'aborted' });
  });

  test.each([
    'sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD',
    'md5:d41d8cd98f00b204e9800998ecf8427e',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'a'.repeat(65)}`,
    `sha256:${'a'.repeat(64)}\n`,
    '',
  ])('that are malformed are refused, naming their place: %j', (text) => {
    expect(isContentId(text)).toBe(false);
    expect(() => parseContentId(text, 'data.mlo:3')).toThrow(
      expect.objectContaining({ code: 'MLO_BAD_CONTENT_ID', message: expect.stringContaining('data.mlo:3') }),
    );
  });

  test('are shortened for people', () => {
    expect(shortId(contentIdOf('abc'))).toBe('ba7816bf8f01');
  });
});

test('run ids have the shape of MLflow and differ', () => {
  const ids = new Set(Array.from({ length: 100 }, newRunId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(isRunId(id)).toBe(true);
  expect(isRunId('x'.repeat(32))).toBe(false);
});
