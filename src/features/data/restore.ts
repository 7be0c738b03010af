import { basename, dirname } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { applyChanges, type FolderChange } from '#stores/cas/apply-changes.ts';
import type { ContentStore, FileStamp, TreeRow } from '#stores/cas/content-store.ts';
import { checkCollisions } from '#stores/cas/name-collisions.ts';
import { objectMissing } from '#stores/cas/object-errors.ts';
import { checkLinks } from '#stores/cas/place-file.ts';
import { EMPTY_NODE } from '#stores/cas/put-folder.ts';
import { diffRows } from '#stores/cas/row-diff.ts';
import type { IndexRow } from '#stores/cas/stat-index-codec.ts';
import { isRacy, type StatIndex } from '#stores/cas/stat-index.ts';
import { identify, type Identified } from './identify.ts';
import type { IndexEdit } from './index-cache.ts';
import { checkRealParents } from './real-parents.ts';
import type { DataContext, RestoreItem } from './types.ts';

/** What has to happen for one path of the workspace to hold given content. */
export interface RestorePlan {
  readonly item: RestoreItem;
  readonly current: Identified | undefined;
  readonly wanted: readonly TreeRow[];
  readonly changes: readonly FolderChange[];
  readonly bytes: number;
}

export interface Restored {
  readonly written: number;
  readonly removed: number;
  readonly edit: IndexEdit | undefined;
}

/**
 * Compares workspace and wanted content without changing anything. Throws `not-found` when objects are missing
 * and, unless forced, `conflict` (MLO_UNSAVED_DATA) when files would be lost whose content the store lacks.
 */
export async function planRestore(
  context: DataContext,
  item: RestoreItem,
  options: { readonly index: StatIndex; readonly force: boolean },
): Promise<RestorePlan> {
  checkRealParents(context.project.paths.root, item.path);
  const store = await context.project.store();
  const current = await identify(context, item.path, { index: options.index });
  const { content } = current ?? {};
  if (content?.kind === item.kind && content.id === item.id && current?.rows[0]?.mode !== 'symlink') {
    return { item, current, wanted: current?.rows ?? [], changes: [], bytes: 0 };
  }
  const wanted = await wantedRows(store, item);
  const changes: FolderChange[] = [];
  const losing: string[] = [];
  let bytes = 0;
  for (const change of diffRows(current?.rows ?? [], wanted)) {
    changes.push(change);
    const { before, after } = change;
    if (after && after.mode !== 'dir') {
      bytes += after.size;
      if (!(await store.has(after.id))) throw missing(item, after);
    }
    const lost = before !== undefined && before.mode !== 'dir' && !(await store.has(before.id));
    if (lost) losing.push(change.path === '' ? item.path : `${item.path}/${change.path}`);
  }
  if (losing.length > 0 && !options.force) throw unsaved(losing);
  if (item.kind === 'dir' && wanted.length === 0) changes.push(EMPTY_FOLDER);
  return { item, current, wanted, changes, bytes };
}

/** Carries a plan out. May be repeated after a kill. */
export async function applyRestore(
  context: DataContext,
  plan: RestorePlan,
  onBytes?: (count: number) => void,
): Promise<Restored> {
  const { item, changes, current } = plan;
  if (changes.length === 0) return { written: 0, removed: 0, edit: current?.edit };
  const store = await context.project.store();
  // The parent folder is the base, so that a file can take the place of a folder and the other way round.
  const absolute = joinPath(context.project.paths.root, item.path);
  const name = basename(absolute);
  const inParent = changes.map(({ path, before, after }): FolderChange => {
    const moved = path === '' || path === '.' ? name : `${name}/${path}`;
    return { path: moved, before, after: after && { ...after, path: moved } };
  });
  const options = { signal: context.signal, onBytes };
  const done = await applyChanges(store.source(), dirname(absolute) as AbsolutePath, inParent, options);
  const stamps = new Map([...done.stamps].map(([path, stamp]) => [path.slice(name.length + 1), stamp]));
  return {
    written: done.written,
    removed: done.removed,
    edit: (index) => recorded(index, plan, stamps),
  };
}

async function wantedRows(store: ContentStore, item: RestoreItem): Promise<TreeRow[]> {
  if (item.kind === 'dir') {
    if (!(await store.has(item.id))) throw missing(item, item);
    const rows = [...store.treeRows(item.id)];
    checkCollisions(rows, item.path);
    checkLinks(rows, store.source(), item.path);
    return rows;
  }
  const size = await store.sizeOf(item.id);
  if (size === undefined) throw missing(item, item);
  return [{ path: '', mode: 'file', size, id: item.id }];
}

/** The index after the restore: known rows for what stayed, new stamps for what was written. */
function recorded(index: StatIndex, plan: RestorePlan, stamps: ReadonlyMap<string, FileStamp>): StatIndex {
  const { item, wanted } = plan;
  const before = new Map(
    (item.kind === 'dir' ? index.below(item.path) : []).map((row) => [row.path, row] as const),
  );
  const now = Date.now();
  const rows: IndexRow[] = [];
  for (const { path, mode, size, id } of wanted) {
    const full = path === '' ? item.path : `${item.path}/${path}`;
    const stamp = stamps.get(path);
    const known = before.get(full);
    if (stamp) rows.push({ ...stamp, path: full, mode, racy: isRacy(stamp, now), id });
    else if (known?.id === id && known.mode === mode) rows.push(known);
    else if (mode === 'dir') {
      rows.push({ path: full, mode, size, mtimeMs: 0, ctimeMs: 0, ino: 0, racy: false, id });
    }
  }
  if (item.kind === 'dir') {
    const size = wanted.reduce((sum, row) => sum + row.size, 0);
    const ino = wanted.reduce((sum, row) => sum + (row.mode === 'dir' ? 0 : 1), 0);
    const { path, id } = item;
    rows.unshift({ path, mode: 'tree', size, mtimeMs: 0, ctimeMs: 0, ino, racy: false, id });
  }
  return index.replace(item.path, rows, true);
}

const EMPTY_FOLDER: FolderChange = {
  path: '.',
  before: undefined,
  after: { path: '.', mode: 'dir', size: 0, id: EMPTY_NODE },
};

function missing(item: RestoreItem, object: { readonly id: RestoreItem['id'] }): MloError {
  const error = objectMissing(object.id, 'the local store');
  return new MloError('not-found', 'MLO_OBJECT_MISSING', `${item.path}: ${error.message}`, {
    hint: 'mlo pull',
    details: { id: object.id, path: item.path },
  });
}

function unsaved(paths: readonly string[]): MloError {
  const shown = paths.slice(0, 5).join(', ');
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  return new MloError(
    'conflict',
    'MLO_UNSAVED_DATA',
    `checkout would lose data that is saved nowhere: ${shown}${more}`,
    {
      hint: 'mlo add <path> saves it, --force gives it up',
      details: { paths: paths.slice(0, 1000) },
    },
  );
}
