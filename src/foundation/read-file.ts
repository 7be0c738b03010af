import { readFile } from 'node:fs/promises';
import type { AbsolutePath } from './brands.ts';
import { errnoOf, fromSystemError } from './errors.ts';

/** The bytes of a file; undefined when there is none. Throws MLO_NO_PERMISSION, … naming the file. */
export async function readBytesIfThere(path: AbsolutePath): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fromSystemError(error, path);
  }
}

/** The same as UTF-8 text. */
export async function readTextIfThere(path: AbsolutePath): Promise<string | undefined> {
  return (await readBytesIfThere(path))?.toString('utf8');
}
