import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';

/** A fresh folder that goes away when the test has finished. */
export async function tempDir(): Promise<AbsolutePath> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'mlo-test-')));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir as AbsolutePath;
}
