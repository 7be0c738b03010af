import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { fromSystemError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';

/** A folder of its own below `.mlo/tmp`, gone when the scope ends. */
export interface ScratchFolder extends AsyncDisposable {
  readonly dir: AbsolutePath;
}

const PREFIX = 'scratch-';
/** What kill -9 left behind goes after a day. */
const STALE_MS = 24 * 60 * 60 * 1000;

export async function openScratch(tmpDir: AbsolutePath): Promise<ScratchFolder> {
  const dir = joinPath(tmpDir, `${PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(dir, { recursive: true });
    await sweep(tmpDir);
  } catch (error) {
    throw fromSystemError(error, dir);
  }
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

async function sweep(tmpDir: AbsolutePath): Promise<void> {
  for (const name of await readdir(tmpDir)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = joinPath(tmpDir, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > STALE_MS)
      await rm(path, { recursive: true, force: true });
  }
}
