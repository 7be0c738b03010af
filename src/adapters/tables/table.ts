import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';

/**
 * Tables as batches of columns: what every reader gives and every writer takes. Numbers of any kind are
 * doubles, so one loop handles them all; what a value means is in `type`.
 */
export type ColumnType = 'float' | 'int' | 'bool' | 'string' | 'datetime';

export interface ColumnInfo {
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * `int`: whole numbers of at most 2^53 (a column with larger ones comes as `string`). `bool`: 0 or 1.
 * `datetime`: milliseconds since 1970 UTC; a time without a zone counts as UTC.
 */
export interface NumericColumn {
  readonly name: string;
  readonly type: Exclude<ColumnType, 'string'>;
  /** NaN where null; a NaN that is not null is a real NaN of the data. */
  readonly values: Float64Array;
  /** 1 where the value is null; undefined when none is. */
  readonly nulls: Uint8Array | undefined;
}

export interface StringColumn {
  readonly name: string;
  readonly type: 'string';
  readonly values: readonly (string | null)[];
}

export type Column = NumericColumn | StringColumn;

/** Consecutive rows. Column order is that of the request, or of the file. */
export interface ColumnBatch {
  /** Index of the first row in the table, from 0. */
  readonly start: number;
  readonly length: number;
  readonly columns: readonly Column[];
}

export interface BatchOptions {
  /** Only these, in this order. An unknown name is a `not-found` error. */
  readonly columns?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Table {
  /** The file's path as shown in errors. */
  readonly name: string;
  readonly format: 'csv' | 'jsonl' | 'parquet' | 'memory';
  readonly columns: readonly ColumnInfo[];
  readonly rows: number;
  /** Columns of the file that no table can hold (nested, binary geometry …), with the reason. */
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
  /** May be called several times; each call reads from the start. Memory stays flat. */
  batches(options?: BatchOptions): AsyncIterable<ColumnBatch>;
}

/** The asked-for columns of a table, or all. */
export function selectColumns(
  table: Pick<Table, 'name' | 'columns'>,
  names: readonly string[] | undefined,
): readonly ColumnInfo[] {
  if (names === undefined) return table.columns;
  return names.map((name) => {
    const info = table.columns.find((column) => column.name === name);
    if (info !== undefined) return info;
    throw new MloError('not-found', 'MLO_NO_COLUMN', `${table.name} has no column "${name}"`, {
      hint: `columns: ${table.columns.map((column) => column.name).join(', ')}`,
      details: { column: name },
    });
  });
}

/** A file that is not the table it should be. `where` is a line, row or column inside it. */
export function badTable(path: AbsolutePath | string, problem: string, cause?: unknown): MloError {
  return new MloError('failed', 'MLO_BAD_TABLE', `${path}: ${problem}`, {
    hint: 'a table is a .csv, .tsv, .jsonl or .parquet file with one header or schema for all rows',
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
