import { readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import type { PutSession, StoredTree, TreeRow, WorkOptions } from './content-store.ts';
import { RECORD } from './pack-format.ts';
import { checkLinkTarget } from './place-file.ts';
import { scanFolder, type ScanIssue } from './scan-folder.ts';
import { buildTree } from './tree-build.ts';

/** Puts all files of a folder and its tree nodes. */
export async function putFolder(
  session: PutSession,
  dir: AbsolutePath,
  options: WorkOptions = {},
): Promise<StoredTree> {
  const rows: TreeRow[] = [];
  const onIssue = (issue: ScanIssue, path: string): void => refuseIssue(issue, path, dir);
  for (const batch of scanFolder(dir, { onIssue })) {
    throwIfAborted(options.signal);
    for (const entry of batch) {
      const path = joinPath(dir, entry.path);
      if (entry.mode === 'dir') rows.push({ path: entry.path, mode: 'dir', size: 0, id: EMPTY_NODE });
      else if (entry.mode === 'symlink') {
        checkLinkTarget(entry.path, readlinkSync(path), dir);
        rows.push({ path: entry.path, mode: 'symlink', ...(await session.putLink(path)) });
      } else {
        const { id, size } = await session.putFile(path, options);
        rows.push({ path: entry.path, mode: entry.mode, size, id });
      }
    }
    await nextTurn();
  }
  return await putNodes(session, rows);
}

export const EMPTY_NODE = buildTree([]).id;

/** Puts the nodes of a folder whose files are in the store, or in this session, already. */
export async function putNodes(session: PutSession, rows: Iterable<TreeRow>): Promise<StoredTree> {
  const nodes: { bytes: Buffer }[] = [];
  const tree = buildTree(rows, (_id, bytes) => nodes.push({ bytes }));
  for (const { bytes } of nodes) await session.putBytes(bytes, RECORD.tree);
  return tree;
}

/** Turns what a scan cannot version into one clear error; nested `.git` and `.mlo` are simply left out. */
export function refuseIssue(issue: ScanIssue, path: string, dir: string): void {
  if (issue === 'metadata') return;
  const name = JSON.stringify(path);
  const reasons = {
    special: `${name} is a socket, pipe or device`,
    'not-utf8': `the name ${name} is not valid UTF-8`,
    backslash: `the name ${name} holds a backslash, which Windows cannot store`,
  } as const;
  throw new MloError('usage', 'MLO_CANNOT_VERSION', `${dir}: ${reasons[issue]}`, {
    hint: 'rename or remove it, then run the same command again',
  });
}
