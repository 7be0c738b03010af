import { restoreItems, trackedItem } from './restore-path.ts';
import { selectItems, type Selection } from './select.ts';
import { sweepTemporaries } from './sweep.ts';
import type { CheckoutResult, DataContext } from './types.ts';
import { withWorkspace } from './workspace.ts';

export interface CheckoutOptions extends DataContext, Selection {
  /** Overwrites and removes files whose content is saved nowhere. */
  readonly force?: boolean | undefined;
}

/** Makes the workspace hold what the pointers (and `extra`) say. Data saved nowhere is never lost without force. */
export async function checkoutPaths(options: CheckoutOptions): Promise<CheckoutResult> {
  return await withWorkspace(options, 'mlo checkout', async () => {
    const items = await selectItems(options, options);
    sweepTemporaries(options.project.paths, []);
    const { changes, ...counts } = await restoreItems(options, items, options.force ?? false);
    return {
      items: items.map((item, index) => ({ ...trackedItem(item), change: changes[index] ?? 'unchanged' })),
      ...counts,
    };
  });
}
