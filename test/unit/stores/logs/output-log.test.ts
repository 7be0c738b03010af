import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { OutputLog, removeOutputLog } from '#stores/logs/output-log.ts';
import { tempDir } from '../../../support/temp-dir.ts';

describe('the log of a run', () => {
  test('each chunk is in the file at once; after closing nothing is added', async () => {
    const file = join(await tempDir(), 'runs', 'a.log') as AbsolutePath;
    const log = new OutputLog(file);
    log.write('é one\n');
    expect(await readFile(file, 'utf8')).toBe('é one\n');
    log.write('two');
    log.close();
    log.write('three');
    log.close();
    expect(await readFile(file, 'utf8')).toBe('é one\ntwo');
    expect(log.problem).toBeUndefined();
    removeOutputLog(file);
    removeOutputLog(file);
    expect(existsSync(file)).toBe(false);
  });

  if (!existsSync('/dev/full')) process.stderr.write('skipped: a full disk: there is no /dev/full\n');
  test.skipIf(!existsSync('/dev/full'))('a full disk is a problem to tell, never an exception', () => {
    const log = new OutputLog('/dev/full' as AbsolutePath);
    log.write('x');
    log.write('y');
    expect(log.problem).toBe('no space left on the disk while writing /dev/full');
    log.close();
  });

  test('a place that cannot be written is a problem, too', async () => {
    const log = new OutputLog(await tempDir());
    log.write('x');
    expect(log.problem).toContain('is a folder');
    log.close();
  });
});
