import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { absolutePath, joinPath } from '#foundation/paths.ts';
import type { PutSession, TreeRow } from '#stores/cas/content-store.ts';
import { checkCollisions } from '#stores/cas/name-collisions.ts';
import { checkLinkTarget } from '#stores/cas/place-file.ts';
import { EMPTY_NODE, putNodes, refuseIssue } from '#stores/cas/put-folder.ts';
import { scanFolder, scannedEntry, type ScannedEntry, type ScanIssue } from '#stores/cas/scan-folder.ts';
import { hashAny } from '#stores/cas/stable-read.ts';
import type { IndexRow } from '#stores/cas/stat-index-codec.ts';
import { comparePaths, isRacy, rowHolds, type StatIndex } from '#stores/cas/stat-index.ts';
import { buildTree } from '#stores/cas/tree-build.ts';
import type { Content, DataContext } from './types.ts';
import type { IndexEdit } from './index-cache.ts';

/** What lies at a path now. */
export interface Identified {
  readonly content: Content;
  /** Files and empty folders, relative to the path; one row with path '' for a file. */
  readonly rows: readonly TreeRow[];
  /** Records what was learned; undefined when the index knew it all. */
  readonly edit: IndexEdit | undefined;
}

export interface IdentifyOptions {
  readonly index: StatIndex;
  /** Puts everything into the store on the way, and refuses what cannot be versioned. */
  readonly session?: PutSession;
  /** Looks through a link at the path itself: dependencies may be linked in. */
  readonly followLink?: boolean;
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * What lies at a path of the workspace; undefined when nothing does. The work behind every use case here: reads
 * only what the index does not vouch for. Does not save the index.
 */
export async function identify(
  context: DataContext,
  path: RepoPath,
  options: IdentifyOptions,
): Promise<Identified | undefined> {
  const absolute = joinPath(context.project.paths.root, path);
  const stats = (options.followLink === true ? statSync : lstatSync)(absolute, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return await identifyFolder(context, path, options);
  const entry = scannedEntry('', stats);
  if (entry === undefined) refuseIssue('special', path, context.project.paths.root);
  return entry && (await identifyFile(context, path, entry, options));
}

async function identifyFile(
  context: DataContext,
  path: RepoPath,
  entry: ScannedEntry,
  options: IdentifyOptions,
): Promise<Identified> {
  const known = options.index.file(path);
  const row = await fileRow(entry, known, {
    ...options,
    absolute: realFile(joinPath(context.project.paths.root, path), options),
    signal: context.signal,
  });
  const content: Content = { kind: 'file', id: row.id, size: row.size, nfiles: 1 };
  const edit: IndexEdit = (index) => index.replace(path, [{ ...row, path }], known?.id !== row.id);
  return { content, rows: [treeRow(row, '')], edit: row === known ? undefined : edit };
}

/** Files are opened without following links, so a link that may be followed is resolved here. */
function realFile(path: AbsolutePath, options: IdentifyOptions): AbsolutePath {
  return options.followLink === true ? absolutePath('/', realpathSync(path)) : path;
}

async function identifyFolder(
  context: DataContext,
  path: RepoPath,
  options: IdentifyOptions,
): Promise<Identified> {
  const folder = joinPath(context.project.paths.root, path);
  const known = options.index.below(path);
  const knownTree = options.index.tree(path);
  const rows: IndexRow[] = [];
  let cursor = 0;
  let same = true;
  let learned = false;
  for (const batch of scanFolder(folder, { onIssue: issueHandler(context, options, folder) })) {
    throwIfAborted(context.signal);
    for (const entry of batch) {
      const full = `${path}/${entry.path}`;
      const place = { path: full, mode: entry.mode };
      for (let row = known[cursor]; row && comparePaths(row, place) < 0; row = known[cursor]) cursor += 1;
      const match = known[cursor]?.path === full ? known[cursor] : undefined;
      const row = await fileRow(entry, match, {
        ...options,
        absolute: joinPath(folder, entry.path),
        signal: context.signal,
      });
      if (row !== match) {
        learned = true;
        if (match?.id !== row.id || match?.mode !== row.mode) same = false;
      }
      rows.push(row === match ? row : { ...row, path: full });
      if (match) cursor += 1;
    }
    await nextTurn();
  }
  same &&= rows.length === known.length;
  const relative = rows.map((row) => treeRow(row, row.path.slice(path.length + 1)));
  const content = await folderContent(relative, same ? knownTree : undefined, folder, options);
  if (same && !learned && knownTree) return { content, rows: relative, edit: undefined };
  const edit: IndexEdit = (index) =>
    index.replace(path, [treeIndexRow(path, content), ...rows], !same || knownTree === undefined);
  return { content, rows: relative, edit };
}

async function folderContent(
  rows: readonly TreeRow[],
  known: IndexRow | undefined,
  folder: AbsolutePath,
  options: IdentifyOptions,
): Promise<Content> {
  if (options.session) {
    checkCollisions(rows, folder);
    const tree = await putNodes(options.session, rows);
    return { kind: 'dir', ...tree };
  }
  // The row of a folder as a whole keeps its number of files in the inode column.
  if (known) return { kind: 'dir', id: known.id, size: known.size, nfiles: known.ino };
  return { kind: 'dir', ...buildTree(rows) };
}

interface RowOptions extends IdentifyOptions {
  readonly absolute: AbsolutePath;
  readonly signal: AbortSignal | undefined;
}

/** The known row when it still holds; else a new one, read from the file. Its path is left to the caller. */
async function fileRow(
  entry: ScannedEntry,
  known: IndexRow | undefined,
  options: RowOptions,
): Promise<IndexRow> {
  const { session } = options;
  if (known && rowHolds(known, entry) && (!session || entry.mode === 'dir' || session.has(known.id))) {
    options.onBytes?.(entry.size);
    return known;
  }
  const { mode } = entry;
  if (mode === 'dir') return { ...entry, mode, racy: false, id: EMPTY_NODE };
  // Read before the file is, so that a change in between is seen as racy.
  const readAt = Date.now();
  if (mode === 'symlink') {
    const target = readlinkSync(options.absolute, { encoding: 'buffer' });
    if (session) checkLinkTarget(entry.path || '.', target.toString('utf8'), options.absolute);
    const id = session ? (await session.putLink(options.absolute)).id : contentIdOf(target);
    return { ...entry, mode, racy: isRacy(entry, readAt), id };
  }
  const work = { signal: options.signal, onBytes: options.onBytes };
  const hashed = session
    ? await session.putFile(options.absolute, work)
    : await hashAny(options.absolute, work);
  return {
    ...entry,
    ...hashed.stamp,
    mode,
    size: hashed.size,
    racy: isRacy(hashed.stamp, readAt),
    id: hashed.id,
  };
}

function issueHandler(
  context: DataContext,
  options: IdentifyOptions,
  folder: AbsolutePath,
): (issue: ScanIssue, path: string) => void {
  return (issue, path) => {
    if (options.session && issue === 'metadata') {
      context.report?.({
        type: 'warning',
        code: 'MLO_METADATA_LEFT_OUT',
        message: `${folder}/${path} is left out: .git and .mlo are never data`,
      });
    } else if (options.session) refuseIssue(issue, path, folder);
  };
}

function treeRow(row: IndexRow, path: string): TreeRow {
  return { path, mode: row.mode === 'tree' ? 'dir' : row.mode, size: row.size, id: row.id };
}

function treeIndexRow(path: string, content: Content): IndexRow {
  const { id, size, nfiles } = content;
  return { path, mode: 'tree', size, mtimeMs: 0, ctimeMs: 0, ino: nfiles, racy: false, id };
}
