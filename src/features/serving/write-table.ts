import { extname } from 'node:path';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import type { Column, ColumnBatch, ColumnInfo } from '#adapters/tables/table.ts';
import { writeParquetBatches } from '#adapters/tables/write-parquet.ts';
import type { LoggedValue } from './types.ts';

export type OutputFormat = 'parquet' | 'csv' | 'jsonl';

/** By the ending; throws a usage error for any other. */
export function outputFormat(path: string): OutputFormat {
  const ending = extname(path).toLowerCase();
  if (ending === '.parquet' || ending === '.pq') return 'parquet';
  if (ending === '.csv') return 'csv';
  if (ending === '.jsonl' || ending === '.ndjson') return 'jsonl';
  throw new MloError('usage', 'MLO_UNKNOWN_FORMAT', `${path}: unknown table format`, {
    hint: 'end it in .parquet, .csv or .jsonl',
  });
}

/** Writes batches of columns atomically: the path holds the old file or the whole new one. */
export async function writeTable(options: {
  readonly path: AbsolutePath;
  readonly schema: readonly ColumnInfo[];
  readonly batches: AsyncIterable<ColumnBatch>;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const format = outputFormat(options.path);
  if (format === 'parquet') {
    await writeParquetBatches(options);
    return;
  }
  const chunks: Buffer[] = [];
  if (format === 'csv')
    chunks.push(Buffer.from(`${options.schema.map(({ name }) => csvField(name)).join(',')}\n`));
  for await (const batch of options.batches) {
    const lines: string[] = [];
    for (let row = 0; row < batch.length; row += 1) {
      const values = batch.columns.map((column) => cellOf(column, row));
      lines.push(format === 'csv' ? csvLine(values) : jsonLine(options.schema, values));
    }
    chunks.push(Buffer.from(lines.join('')));
  }
  await writeFileAtomic(options.path, Buffer.concat(chunks));
}

/** A value of a table as plain JSON; times as ISO 8601. */
export function cellOf(column: Column, row: number): LoggedValue {
  const value = column.values[row] ?? null;
  if (typeof value !== 'number') return value;
  if (column.type !== 'string' && column.nulls?.[row] === 1) return null;
  if (column.type === 'bool') return value !== 0;
  if (column.type === 'datetime') return new Date(value).toISOString();
  return value;
}

function csvLine(values: readonly LoggedValue[]): string {
  return `${values.map((value) => (value === null ? '' : csvField(String(value)))).join(',')}\n`;
}

function csvField(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine(schema: readonly ColumnInfo[], values: readonly LoggedValue[]): string {
  return `${JSON.stringify(Object.fromEntries(schema.map(({ name }, at) => [name, values[at] ?? null])))}\n`;
}
