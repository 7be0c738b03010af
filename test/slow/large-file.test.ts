import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hexOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { hashStable } from '#stores/cas/stable-read.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('large files', () => {
  it('reads a file of more than 2 GiB in pieces', async () => {
    const path = joinPath(await tempDir(), 'sparse');
    writeFileSync(path, '');
    const size = 2 ** 31 + 5;
    truncateSync(path, size);
    let largest = 0;
    const hashed = await hashStable(path, { onBytes: (count) => (largest = Math.max(largest, count)) });
    // printf of 2^31+5 zero bytes through sha256sum (coreutils 9.1).
    const expected = execFileSync('sh', ['-c', `head -c ${size} /dev/zero | sha256sum`], {
      encoding: 'utf8',
    });
    expect(hexOf(hashed.id)).toBe(expected.slice(0, 64));
    expect(hashed.size).toBe(size);
    expect(largest).toBeLessThanOrEqual(8 * 1024 * 1024);
  });
});
