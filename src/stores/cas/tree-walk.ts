import type { ContentId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { shortId } from '#foundation/hash.ts';
import type { TreeRow } from './content-store.ts';
import { decodeNode, type NodeEntry } from './tree-node.ts';
import { compareUtf8 } from './utf8-order.ts';

export type ReadNode = (id: ContentId) => Buffer;

/** Guards against a small hostile tree that unfolds without end. */
const ROW_LIMIT = 20_000_000;
const PATH_LIMIT = 4096;

/** Files and empty folders of a stored tree, in path order (UTF-8 bytes). Checks the sums on its way. */
export function* walkTree(root: ContentId, readNode: ReadNode): Generator<TreeRow> {
  let rows = 0;
  function* walk(id: ContentId, prefix: string): Generator<TreeRow> {
    const entries = namesOf(id, readNode);
    for (const entry of inPathOrder(entries)) {
      const path = prefix + entry.name;
      rows += 1;
      if (rows > ROW_LIMIT || path.length > PATH_LIMIT) throw tooLarge(root);
      if (entry.mode !== 'dir') {
        yield { path, mode: entry.mode === 'bucket' ? 'file' : entry.mode, size: entry.size, id: entry.id };
      } else if (entry.nfiles === 0 && namesOf(entry.id, readNode).length === 0) {
        yield { path, mode: 'dir', size: 0, id: entry.id };
      } else yield* walk(entry.id, `${path}/`);
    }
  }
  yield* walk(root, '');
}

/** Ids of all nodes of a tree, parents before children. */
export function* walkNodes(root: ContentId, readNode: ReadNode): Generator<{ id: ContentId; bytes: Buffer }> {
  const seen = new Set<ContentId>();
  const open: ContentId[] = [root];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const bytes = readNode(id);
    yield { id, bytes };
    for (const entry of decodeNode(bytes, id).entries) {
      if (entry.mode === 'dir' || entry.mode === 'bucket') open.push(entry.id);
    }
  }
}

/** Names of one folder: the buckets of a large one put together. */
function namesOf(id: ContentId, readNode: ReadNode): NodeEntry[] {
  const node = decodeNode(readNode(id), id);
  if (node.kind === 'names') return [...node.entries];
  return node.entries.flatMap((bucket) => {
    const inside = namesOf(bucket.id, readNode);
    checkSums(bucket, inside);
    return inside;
  });
}

function checkSums(parent: NodeEntry, children: readonly NodeEntry[]): void {
  const size = children.reduce((sum, entry) => sum + entry.size, 0);
  const nfiles = children.reduce((sum, entry) => sum + entry.nfiles, 0);
  if (size === parent.size && nfiles === parent.nfiles) return;
  throw new MloError(
    'integrity',
    'MLO_BAD_TREE',
    `the folder object ${shortId(parent.id)} states sums that its entries do not have`,
    { details: { id: parent.id } },
  );
}

/** As the full paths sort: a folder counts as `name/`. */
function inPathOrder(entries: NodeEntry[]): NodeEntry[] {
  const key = (entry: NodeEntry): string => (entry.mode === 'dir' ? `${entry.name}/` : entry.name);
  return entries.sort((a, b) => compareUtf8(key(a), key(b)));
}

function tooLarge(id: ContentId): MloError {
  return new MloError('integrity', 'MLO_BAD_TREE', `the folder object ${shortId(id)} unfolds without end`, {
    details: { id },
  });
}
