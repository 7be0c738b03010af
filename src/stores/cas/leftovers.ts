import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDir } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { isAlive, listDir } from './store-dirs.ts';

/** Removes a file for good: the removal survives a power loss. Harmless when it is gone already. */
export async function removeFile(path: AbsolutePath): Promise<void> {
  await rm(path, { force: true });
  await syncDir(dirname(path));
}

/** Removes the temporary files that killed processes of this machine left in a folder. */
export function sweepFolder(folder: AbsolutePath): void {
  for (const name of listQuietly(folder)) {
    const pid = /^\.mlo-tmp-(\d+)-[0-9a-f]{12}-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(joinPath(folder, name), { force: true });
  }
}

function listQuietly(folder: AbsolutePath): string[] {
  try {
    return listDir(folder);
  } catch {
    return [];
  }
}
