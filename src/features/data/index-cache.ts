import type { AbsolutePath } from '#foundation/brands.ts';
import { isMloError } from '#foundation/errors.ts';
import { joinPath, type ProjectPaths } from '#foundation/paths.ts';
import { acquireLock } from '#foundation/process-lock.ts';
import { readStatIndex, statIndexVersion, writeStatIndex, type StatIndex } from '#stores/cas/stat-index.ts';
import type { DataContext } from './types.ts';

/** What is to change in the stat index, applied to its newest state. */
export type IndexEdit = (index: StatIndex) => StatIndex;

interface CachedIndex {
  version: string;
  index: StatIndex;
}

const cache = new Map<AbsolutePath, CachedIndex>();

/** The stat index as it is now; read again only when another process has replaced it. */
export function loadIndex(paths: ProjectPaths): StatIndex {
  const version = statIndexVersion(paths.indexFile);
  const known = cache.get(paths.indexFile);
  if (known?.version === version) return known.index;
  const index = readStatIndex(paths.indexFile);
  cache.set(paths.indexFile, { version, index });
  return index;
}

/** Applies edits; the caller holds the workspace lock. */
export async function saveIndex(paths: ProjectPaths, edits: readonly IndexEdit[]): Promise<void> {
  if (edits.length === 0) return;
  const index = edits.reduce((current, edit) => edit(current), loadIndex(paths));
  await writeStatIndex(paths.indexFile, index);
  cache.set(paths.indexFile, { version: statIndexVersion(paths.indexFile), index });
}

/** Saves what was learned in passing; gives up at once when somebody else is at work: it is only a cache. */
export async function saveIndexIfFree(context: DataContext, edits: readonly IndexEdit[]): Promise<void> {
  if (edits.length === 0) return;
  const { paths } = context.project;
  try {
    await using _lock = await acquireLock({ path: workspaceLock(paths), command: 'mlo', timeoutMs: 0 });
    await saveIndex(paths, edits);
  } catch (error) {
    const harmless = ['MLO_LOCKED', 'MLO_READ_ONLY', 'MLO_NO_PERMISSION', 'MLO_DISK_FULL'];
    if (!isMloError(error) || !harmless.includes(error.code)) throw error;
  }
}

/** Held by whoever changes the workspace or its index. */
export function workspaceLock(paths: ProjectPaths): AbsolutePath {
  return joinPath(paths.locksDir, 'workspace');
}
