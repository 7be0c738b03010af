import { readTextIfThere } from '#foundation/read-file.ts';
import { readLock, type LockFile } from '#formats/mlo-lock.ts';
import type { Project } from '#stores/project.ts';

/** mlo.lock of the work tree; empty when there is none. */
export async function loadLock(project: Project): Promise<LockFile> {
  return readLock((await readTextIfThere(project.paths.lockFile)) ?? '', 'mlo.lock');
}
