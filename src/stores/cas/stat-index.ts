import { readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import type { FileStamp } from './content-store.ts';
import { decodeStatIndex, encodeStatIndex, type IndexRow } from './stat-index-codec.ts';
import { compareUtf8 } from './utf8-order.ts';

/**
 * Clocks of file systems tick in steps: up to 2 s on FAT and some network shares, a few ms on those that show
 * parts of a millisecond. A file whose ctime is younger than a step when it is read may change again within
 * the same step.
 */
const COARSE_MS = 2000;
const FINE_MS = 100;

/** Whether content read at `readAt` could change without its stamp showing it. */
export function isRacy(stamp: FileStamp, readAt: number): boolean {
  return readAt - stamp.ctimeMs < (Number.isInteger(stamp.ctimeMs) ? COARSE_MS : FINE_MS);
}

/** Order of rows: by the bytes of the path, a folder where its files are and before them. */
export function comparePaths(a: Pick<IndexRow, 'path' | 'mode'>, b: Pick<IndexRow, 'path' | 'mode'>): number {
  return compareUtf8(keyOf(a), keyOf(b));
}

/** Whether the file still is the one the row describes. */
export function rowHolds(row: IndexRow, entry: FileStamp & { readonly mode: IndexRow['mode'] }): boolean {
  if (row.mode !== entry.mode) return false;
  if (row.mode === 'dir') return true;
  return (
    !row.racy &&
    row.size === entry.size &&
    row.mtimeMs === entry.mtimeMs &&
    row.ctimeMs === entry.ctimeMs &&
    row.ino === entry.ino
  );
}

/** Rows in path order; immutable. */
export class StatIndex {
  readonly rows: readonly IndexRow[];

  constructor(rows: readonly IndexRow[]) {
    this.rows = rows;
  }

  /** The row of a single file. */
  file(path: string): IndexRow | undefined {
    const row = this.rows[this.lowerBound(path)];
    return row?.path === path && row.mode !== 'tree' && row.mode !== 'dir' ? row : undefined;
  }

  /** The row of a folder as a whole. */
  tree(path: string): IndexRow | undefined {
    const row = this.rows[this.lowerBound(`${path}/`)];
    return row?.path === path && row.mode === 'tree' ? row : undefined;
  }

  /** Files and empty folders below a folder. */
  below(path: string): IndexRow[] {
    const [start, end] = this.range(`${path}/`);
    return this.rows.slice(start, end).filter((row) => row.mode !== 'tree');
  }

  /**
   * With `rows` in place of everything recorded at and below `path`. What is known of other folders as a whole
   * is dropped where it may have changed: folders around `path`, and folders inside it.
   */
  replace(path: string, rows: readonly IndexRow[], contentChanged: boolean): StatIndex {
    const [start, end] = this.range(`${path}/`);
    const inner = contentChanged
      ? []
      : this.rows.slice(start, end).filter((row) => row.mode === 'tree' && row.path !== path);
    const outside = [...this.rows.slice(0, start), ...this.rows.slice(end)].filter(
      (row) =>
        row.path !== path && !(contentChanged && row.mode === 'tree' && path.startsWith(`${row.path}/`)),
    );
    const middle = inner.length === 0 ? rows : [...rows, ...inner];
    return new StatIndex([...outside, ...middle].sort(compareRows));
  }

  private range(prefix: string): [number, number] {
    const start = this.lowerBound(prefix);
    let end = start;
    while (
      end < this.rows.length &&
      this.rows[end]?.path !== undefined &&
      keyAt(this.rows, end).startsWith(prefix)
    ) {
      end += 1;
    }
    return [start, end];
  }

  private lowerBound(key: string): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(keyAt(this.rows, middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const EMPTY = new StatIndex([]);

/** The stat index of a worktree; empty when there is none or it is damaged. */
export function readStatIndex(path: AbsolutePath): StatIndex {
  try {
    const rows = decodeStatIndex(readFileSync(path));
    return rows ? new StatIndex(rows) : EMPTY;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return EMPTY;
    throw fromSystemError(error, path);
  }
}

/** Changes whenever another process replaces the index. */
export function statIndexVersion(path: AbsolutePath): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino}:${stats.mtimeMs}:${stats.size}`;
}

export async function writeStatIndex(path: AbsolutePath, index: StatIndex): Promise<void> {
  await writeFileAtomic(path, encodeStatIndex(index.rows));
}

function keyAt(rows: readonly IndexRow[], at: number): string {
  const row = rows[at];
  return row === undefined ? '' : keyOf(row);
}

function keyOf(row: Pick<IndexRow, 'path' | 'mode'>): string {
  return row.mode === 'dir' || row.mode === 'tree' ? `${row.path}/` : row.path;
}

function compareRows(a: IndexRow, b: IndexRow): number {
  const order = comparePaths(a, b);
  if (order !== 0 || a.mode === b.mode) return order;
  return a.mode === 'tree' ? -1 : 1;
}
