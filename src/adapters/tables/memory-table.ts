import { throwIfAborted } from '#foundation/abort.ts';
import { selectColumns, type Column, type Table } from './table.ts';

/** A table of columns that are already in memory. All columns have the same length. */
export function memoryTable(name: string, columns: readonly Column[], batchRows = 65_536): Table {
  const rows = columns[0]?.values.length ?? 0;
  const table: Table = {
    name,
    format: 'memory',
    rows,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    unsupported: [],
    batches: async function* (options = {}) {
      const wanted = selectColumns(table, options.columns).flatMap(
        (info) => columns.find((column) => column.name === info.name) ?? [],
      );
      for (let start = 0; start < rows; start += batchRows) {
        throwIfAborted(options.signal);
        const length = Math.min(batchRows, rows - start);
        yield { start, length, columns: wanted.map((column) => sliceColumn(column, start, start + length)) };
      }
    },
  };
  return table;
}

/** Rows `start` to `end` of a column; numbers are a view, not a copy. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  if (start === 0 && end === column.values.length) return column;
  if (column.type === 'string') return { ...column, values: column.values.slice(start, end) };
  return {
    ...column,
    values: column.values.subarray(start, end),
    nulls: column.nulls?.subarray(start, end),
  };
}
