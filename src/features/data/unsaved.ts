import type { RepoPath } from '#foundation/brands.ts';
import { identify } from './identify.ts';
import { loadIndex, saveIndexIfFree, type IndexEdit } from './index-cache.ts';
import type { DataContext } from './types.ts';

/** Files at and below the given paths whose content the local store does not hold, as project paths. */
export async function unsavedChanges(
  context: DataContext & { readonly paths: readonly RepoPath[] },
): Promise<string[]> {
  const { project } = context;
  const store = await project.store();
  const unsaved: string[] = [];
  const edits: IndexEdit[] = [];
  for (const path of context.paths) {
    const found = await identify(context, path, { index: loadIndex(project.paths) });
    if (found?.edit) edits.push(found.edit);
    for (const row of found?.rows ?? []) {
      if (row.mode === 'dir' || (await store.has(row.id))) continue;
      unsaved.push(row.path === '' ? path : `${path}/${row.path}`);
    }
  }
  await saveIndexIfFree(context, edits);
  return unsaved;
}
