import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { messageOf } from '#foundation/errors.ts';
import { isContentId } from '#foundation/hash.ts';
import { checkedRepoPath, joinPath, type ProjectPaths } from '#foundation/paths.ts';
import { removeFile } from '#stores/cas/leftovers.ts';
import { isAlive, listDir } from '#stores/cas/store-dirs.ts';
import { loadIndex, saveIndex } from './index-cache.ts';
import { applyRestore, planRestore } from './restore.ts';
import { sweepTemporaries } from './sweep.ts';
import type { DataContext, RestoreItem } from './types.ts';

/**
 * `.mlo/journal/restore-….json`: what the workspace is being made to hold. Written before the first file
 * changes, removed after the last; one that is found later belongs to a process that was killed.
 */
interface Journal {
  readonly version: 1;
  readonly items: readonly RestoreItem[];
}

export async function withJournal<T>(
  paths: ProjectPaths,
  items: readonly RestoreItem[],
  work: () => Promise<T>,
): Promise<T> {
  const file = joinPath(paths.journalDir, `restore-${process.pid}-${randomBytes(4).toString('hex')}.json`);
  const journal: Journal = {
    version: 1,
    items: items.map(({ path, kind, id }) => ({ path, kind, id })),
  };
  await writeFileAtomic(file, `${JSON.stringify(journal)}\n`);
  // A failure leaves the journal: the next command that changes the workspace completes the work.
  const result = await work();
  await removeFile(file);
  return result;
}

/** Whether a killed process left work behind; one that is still at it does not count. */
export function hasInterrupted(paths: ProjectPaths): boolean {
  return journalFiles(paths).some((file) => {
    const pid = /restore-(\d+)-[^/]*$/.exec(file)?.[1];
    return pid === undefined || !isAlive(Number(pid));
  });
}

/**
 * Completes what a killed command began. Never overwrites data that the store does not hold: what changed
 * since then stays, and is reported. The caller holds the workspace lock.
 */
export async function finishInterrupted(context: DataContext): Promise<void> {
  const { paths } = context.project;
  for (const file of journalFiles(paths)) {
    const items = readJournal(file);
    sweepTemporaries(paths, items);
    for (const item of items) {
      try {
        const plan = await planRestore(context, item, { index: loadIndex(paths), force: false });
        const { edit } = await applyRestore(context, plan);
        if (edit) await saveIndex(paths, [edit]);
        context.report?.({ type: 'step', message: `completed the interrupted checkout of ${item.path}` });
      } catch (error) {
        context.report?.({
          type: 'warning',
          code: 'MLO_INTERRUPTED_CHECKOUT',
          message: `an interrupted checkout of ${item.path} could not be completed: ${messageOf(error)}`,
          hint: 'mlo status',
        });
      }
    }
    await removeFile(file);
  }
}

function journalFiles(paths: ProjectPaths): AbsolutePath[] {
  return listDir(paths.journalDir)
    .filter((name) => /^restore-.*\.json$/.test(name))
    .map((name) => joinPath(paths.journalDir, name));
}

/** Anything unreadable counts as empty: journals are written atomically, so it is not one of ours. */
function readJournal(file: AbsolutePath): RestoreItem[] {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Journal>;
    if (value.version !== 1 || !Array.isArray(value.items)) return [];
    return value.items
      .filter((item: RestoreItem) => isContentId(item.id) && (item.kind === 'file' || item.kind === 'dir'))
      .map((item: RestoreItem) => ({ ...item, path: checkedRepoPath(item.path, file) }));
  } catch {
    return [];
  }
}
