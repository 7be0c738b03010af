import { readLock, type LockFile } from '#formats/mlo-lock.ts';
import type { Project } from '#stores/project.ts';
import { readIfThere } from './load-pipeline.ts';

/** mlo.lock of the work tree; empty when there is none. */
export async function loadLock(project: Project): Promise<LockFile> {
  return readLock((await readIfThere(project.paths.lockFile)) ?? '', 'mlo.lock');
}
