import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AbsolutePath } from './brands.ts';
import { errnoOf, fromSystemError, MloError } from './errors.ts';

/**
 * The one way mlo writes a file: a temporary file beside the target, fsync, rename, fsync of the folder.
 * A reader sees the old content or the new, never a part; kill -9 leaves at most a `.mlo-tmp-…` file.
 * Missing parent folders are made. Throws MLO_DISK_FULL, MLO_NO_PERMISSION, … naming the target.
 */
export async function writeFileAtomic(
  path: AbsolutePath,
  data: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  await throughTemporary(path, data, options.mode ?? 0o666, (temporary) => rename(temporary, path));
}

/**
 * Creates a file that must not exist yet; false when somebody else was first. The content is complete the
 * moment the name appears (link(2) of a finished temporary file), so it serves as a lock.
 */
export async function createFileExclusive(path: AbsolutePath, data: string | Uint8Array): Promise<boolean> {
  let created = true;
  await throughTemporary(path, data, 0o666, async (temporary) => {
    created = await link(temporary, path).then(
      () => true,
      (error: unknown) => {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    await rm(temporary, { force: true });
  });
  return created;
}

/** Makes renames and creations in a folder durable. Folders cannot be synced on Windows; skipped there. */
export async function syncDir(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name for a temporary file beside `path`; the pid lets a later sweep tell dead from living. */
export function temporaryName(path: string): AbsolutePath {
  const nonce = randomBytes(6).toString('hex');
  return join(
    dirname(path),
    `.mlo-tmp-${process.pid}-${nonce}-${basename(path).slice(0, 80)}`,
  ) as AbsolutePath;
}

async function throughTemporary(
  path: AbsolutePath,
  data: string | Uint8Array,
  mode: number,
  publish: (temporary: AbsolutePath) => Promise<void>,
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await publish(temporary);
    await syncDir(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    // mkdir says EEXIST when a file lies where a parent folder is needed.
    if (errnoOf(error) !== 'EEXIST') throw fromSystemError(error, path);
    throw new MloError('failed', 'MLO_NOT_A_FOLDER', `a parent of ${path} is not a folder`, { cause: error });
  }
}
