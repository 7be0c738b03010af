import type { TreeRow } from './content-store.ts';
import { compareUtf8 } from './utf8-order.ts';

export interface RowChange<Before, After> {
  readonly path: string;
  readonly before: Before | undefined;
  readonly after: After | undefined;
}

type Comparable = Pick<TreeRow, 'path' | 'mode' | 'id'>;

/** What differs between two lists of rows that are both in path order. */
export function* diffRows<Before extends Comparable, After extends Comparable>(
  before: Iterable<Before>,
  after: Iterable<After>,
): Generator<RowChange<Before, After>> {
  const left = before[Symbol.iterator]();
  const right = after[Symbol.iterator]();
  let a = left.next();
  let b = right.next();
  while (a.done !== true || b.done !== true) {
    const order =
      a.done === true ? 1 : b.done === true ? -1 : compareUtf8(sortKey(a.value), sortKey(b.value));
    if (order === 0 && a.done !== true && b.done !== true) {
      if (a.value.id !== b.value.id || a.value.mode !== b.value.mode) {
        yield { path: a.value.path, before: a.value, after: b.value };
      }
      a = left.next();
      b = right.next();
    } else if (order < 0 && a.done !== true) {
      yield { path: a.value.path, before: a.value, after: undefined };
      a = left.next();
    } else if (b.done !== true) {
      yield { path: b.value.path, before: undefined, after: b.value };
      b = right.next();
    }
  }
}

/** An empty folder sorts where its files would be. */
function sortKey(row: Comparable): string {
  return row.mode === 'dir' ? `${row.path}/` : row.path;
}
