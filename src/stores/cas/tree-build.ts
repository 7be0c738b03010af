import { createHash } from 'node:crypto';
import type { ContentId } from '#foundation/brands.ts';
import { contentIdOf } from '#foundation/hash.ts';
import type { StoredTree, TreeRow } from './content-store.ts';
import { encodeNode, NODE_LIMIT, type NodeEntry } from './tree-node.ts';

/** Receives every node, children before parents. */
export type EmitNode = (id: ContentId, bytes: Buffer) => void;

interface OpenDir {
  readonly name: string;
  readonly entries: NodeEntry[];
}

/** Builds the nodes of a folder from its rows in path order. */
export function buildTree(rows: Iterable<TreeRow>, emit: EmitNode = () => {}): StoredTree {
  const stack: OpenDir[] = [{ name: '', entries: [] }];
  const closeTo = (depth: number): void => {
    while (stack.length > depth) {
      const dir = stack.pop();
      const parent = stack.at(-1);
      if (dir && parent) parent.entries.push(dirEntry(dir.name, dir.entries, emit));
    }
  };
  for (const row of rows) {
    const parts = row.path.split('/');
    const name = parts.pop() ?? '';
    let common = 0;
    while (common < parts.length && stack[common + 1]?.name === parts[common]) common += 1;
    closeTo(common + 1);
    for (const part of parts.slice(common)) stack.push({ name: part, entries: [] });
    const entries = stack.at(-1)?.entries;
    if (row.mode === 'dir') entries?.push(dirEntry(name, [], emit));
    else entries?.push({ name, mode: row.mode, size: row.size, nfiles: 1, id: row.id });
  }
  closeTo(1);
  const root = dirEntry('', stack[0]?.entries ?? [], emit);
  return { id: root.id, size: root.size, nfiles: root.nfiles };
}

function dirEntry(name: string, entries: readonly NodeEntry[], emit: EmitNode): NodeEntry {
  if (entries.length <= NODE_LIMIT) return { ...nodeOf('names', entries, emit), name, mode: 'dir' };
  const hashed = entries.map((entry) => ({
    entry,
    hash: createHash('sha256').update(entry.name).digest('hex'),
  }));
  return { ...bucketsOf(hashed, 0, emit), name, mode: 'dir' };
}

interface Hashed {
  readonly entry: NodeEntry;
  readonly hash: string;
}

type Sums = Pick<NodeEntry, 'id' | 'size' | 'nfiles'>;

function bucketsOf(hashed: readonly Hashed[], depth: number, emit: EmitNode): Sums {
  if (hashed.length <= NODE_LIMIT) {
    return nodeOf(
      'names',
      hashed.map((item) => item.entry),
      emit,
    );
  }
  const buckets = new Map<string, Hashed[]>();
  for (const item of hashed) {
    const digit = item.hash.charAt(depth);
    const bucket = buckets.get(digit);
    if (bucket) bucket.push(item);
    else buckets.set(digit, [item]);
  }
  const entries = [...buckets].map(([name, items]): NodeEntry => ({
    ...bucketsOf(items, depth + 1, emit),
    name,
    mode: 'bucket',
  }));
  return nodeOf('buckets', entries, emit);
}

function nodeOf(kind: 'names' | 'buckets', entries: readonly NodeEntry[], emit: EmitNode): Sums {
  const bytes = encodeNode(kind, entries);
  const id = contentIdOf(bytes);
  emit(id, bytes);
  let size = 0;
  let nfiles = 0;
  for (const entry of entries) {
    size += entry.size;
    nfiles += entry.nfiles;
  }
  return { id, size, nfiles };
}
