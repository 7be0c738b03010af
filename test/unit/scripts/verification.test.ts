import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordNotDone, recordVerification } from '../../../scripts/verification.mjs';
import { tempDir } from '../../support/temp-dir.ts';

const row = {
  check: 'push',
  peer: 'MinIO',
  version: '1',
  command: 'npm test',
  date: '2026-01-02',
  passed: 3,
  failed: 0,
};

async function rows(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
}

describe('the verification record', () => {
  it('holds one row for each check and peer, the last run counting', async () => {
    const file = join(await tempDir(), 'verification.md');
    await recordVerification(row, file);
    await recordVerification({ ...row, peer: 'Ceph' }, file);
    await recordVerification({ ...row, version: '2', ratio: '0.4 of rclone' }, file);
    expect(await rows(file)).toEqual([
      '| push | Ceph | 1 | `npm test` | 2026-01-02 | 3 | 0 | |',
      '| push | MinIO | 2 | `npm test` | 2026-01-02 | 3 | 0 | 0.4 of rclone |',
    ]);
  });

  it('lists what did not run as not done, without hiding an earlier run', async () => {
    const file = join(await tempDir(), 'verification.md');
    await recordVerification(row, file);
    await recordNotDone({ ...row, reason: 'no Go here' }, file);
    await recordNotDone({ ...row, peer: 'Ceph', reason: 'no Ceph here' }, file);
    expect(await rows(file)).toEqual([
      '| push | Ceph | | `npm test` | not done: no Ceph here | | | |',
      '| push | MinIO | 1 | `npm test` | 2026-01-02 | 3 | 0 | |',
    ]);
    await recordVerification({ ...row, peer: 'Ceph' }, file);
    expect((await rows(file))[0]).toBe('| push | Ceph | 1 | `npm test` | 2026-01-02 | 3 | 0 | |');
  });

  it('keeps every row when many checks end at once, and bars inside a cell', async () => {
    const file = join(await tempDir(), 'verification.md');
    const peers = Array.from({ length: 12 }, (_, index) => `peer ${index}`);
    await Promise.all(peers.map((peer) => recordVerification({ ...row, peer, command: 'a | b' }, file)));
    await recordVerification({ ...row, peer: 'peer 3', command: 'a | b' }, file);
    expect(await rows(file)).toHaveLength(12);
    expect((await rows(file))[0]).toContain(String.raw`a \| b`);
  });
});
