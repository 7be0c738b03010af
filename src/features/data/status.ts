import { isMloError } from '#foundation/errors.ts';
import type { ContentStore, TreeRow } from '#stores/cas/content-store.ts';
import { diffRows } from '#stores/cas/row-diff.ts';
import { identify, type Identified } from './identify.ts';
import { loadIndex, saveIndexIfFree, type IndexEdit } from './index-cache.ts';
import { hasInterrupted } from './journal.ts';
import { selectItems, type SelectedItem, type Selection } from './select.ts';
import type { DataContext, DataStatus, FileState, ItemStatus } from './types.ts';

export interface StatusOptions extends DataContext, Selection {
  /** Also name the files of folders that differ. */
  readonly files?: boolean | undefined;
}

/** Compares the workspace with what is recorded, and with the local store. Changes nothing but the stat index. */
export async function dataStatus(options: StatusOptions): Promise<DataStatus> {
  const { project } = options;
  const store = await project.store();
  const items: ItemStatus[] = [];
  const edits: IndexEdit[] = [];
  for (const item of await selectItems(options, options)) {
    const current = await identifyBusy(options, item);
    if (current !== 'busy' && current?.edit) edits.push(current.edit);
    items.push(await itemStatus(store, item, current, options.files ?? false));
  }
  await saveIndexIfFree(options, edits);
  return {
    items,
    dirty: items.some((item) => item.state !== 'unchanged'),
    interrupted: hasInterrupted(project.paths),
  };
}

/** A file that is being written right now is simply modified. */
async function identifyBusy(
  options: StatusOptions,
  item: SelectedItem,
): Promise<Identified | 'busy' | undefined> {
  try {
    return await identify(options, item.path, { index: loadIndex(options.project.paths) });
  } catch (error) {
    if (isMloError(error) && error.code === 'MLO_FILE_CHANGED') return 'busy';
    throw error;
  }
}

async function itemStatus(
  store: ContentStore,
  item: SelectedItem,
  current: Identified | 'busy' | undefined,
  wantFiles: boolean,
): Promise<ItemStatus> {
  const inStore = await store.has(item.id);
  const content = current === 'busy' ? undefined : current?.content;
  const same = content?.id === item.id && content.kind === item.kind;
  const state = same
    ? inStore
      ? 'unchanged'
      : 'not-in-store'
    : current !== undefined
      ? 'modified'
      : inStore
        ? 'deleted'
        : 'not-in-store';
  const { path, kind, id, size, nfiles, pointerPath } = item;
  const listFiles = wantFiles && kind === 'dir' && state === 'modified' && current !== 'busy' && inStore;
  const files = listFiles ? fileStates(store, item, current?.rows ?? []) : [];
  return { path, kind, id, size, nfiles, pointerPath, state, inStore, files };
}

function fileStates(store: ContentStore, item: SelectedItem, rows: readonly TreeRow[]): FileState[] {
  return [...diffRows(store.treeRows(item.id), rows)].map(({ path, before, after }) => ({
    path: path === '' ? item.path : `${item.path}/${path}`,
    state: before === undefined ? 'new' : after === undefined ? 'deleted' : 'modified',
  }));
}
