import { loadIndex, saveIndex } from './index-cache.ts';
import { withJournal } from './journal.ts';
import { applyRestore, planRestore, type RestorePlan } from './restore.ts';
import { progress } from './store-path.ts';
import type { CheckoutResult, DataContext, RestoreItem, TrackedItem } from './types.ts';
import { withWorkspace } from './workspace.ts';

export interface RestoreOptions extends DataContext, RestoreItem {
  /** Overwrites content that the store does not hold. */
  readonly force?: boolean | undefined;
}

/**
 * Makes one path of the workspace hold stored content. Throws `not-found` (MLO_OBJECT_MISSING) or `conflict`
 * (MLO_UNSAVED_DATA) before anything is changed; a kill half way is completed by the next command.
 */
export async function restorePath(
  options: RestoreOptions,
): Promise<{ readonly filesWritten: number; readonly filesRemoved: number }> {
  const { filesWritten, filesRemoved } = await withWorkspace(options, 'mlo', () =>
    restoreItems(options, [options], options.force ?? false),
  );
  return { filesWritten, filesRemoved };
}

/** Restores many paths as one change. The caller holds the workspace lock. */
export async function restoreItems(
  context: DataContext,
  items: readonly RestoreItem[],
  force: boolean,
): Promise<Omit<CheckoutResult, 'items'> & { readonly changes: readonly ItemChange[] }> {
  const { paths } = context.project;
  const plans: RestorePlan[] = [];
  for (const item of items) {
    plans.push(await planRestore(context, item, { index: loadIndex(paths), force }));
  }
  const todo = plans.filter((plan) => plan.changes.length > 0);
  const settled = plans.flatMap((plan) =>
    plan.changes.length === 0 && plan.current?.edit ? [plan.current.edit] : [],
  );
  await saveIndex(paths, settled);
  let filesWritten = 0;
  let filesRemoved = 0;
  if (todo.length > 0) {
    const onBytes = progress(
      context,
      'checkout',
      todo.reduce((sum, plan) => sum + plan.bytes, 0),
    );
    await withJournal(
      paths,
      todo.map((plan) => plan.item),
      async () => {
        for (const plan of todo) {
          const done = await applyRestore(context, plan, onBytes);
          filesWritten += done.written;
          filesRemoved += done.removed;
          if (done.edit) await saveIndex(paths, [done.edit]);
        }
      },
    );
  }
  return { filesWritten, filesRemoved, changes: plans.map(changeOf) };
}

export type ItemChange = 'unchanged' | 'created' | 'updated';

function changeOf(plan: RestorePlan): ItemChange {
  if (plan.changes.length === 0) return 'unchanged';
  return plan.current ? 'updated' : 'created';
}

/** Only what identifies a path's content, for results. */
export function trackedItem(item: TrackedItem): TrackedItem {
  const { path, kind, id, size, nfiles } = item;
  return { path, kind, id, size, nfiles };
}
