import type { TrackedItem } from '#features/data/index.ts';
import type { Project } from '#stores/project.ts';
import { loadLock } from './read-lock.ts';

/** Outputs recorded in mlo.lock whose content belongs in the content store, in path order. */
export async function lockedOutputs(options: { readonly project: Project }): Promise<readonly TrackedItem[]> {
  const lock = await loadLock(options.project);
  return Object.values(lock.stages)
    .flatMap((stage) => stage.outs)
    .filter((out) => out.cache)
    .map(({ path, kind, id, size, nfiles }) => ({ path, kind, id, size, nfiles }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
