import { ByteWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from 'hyparquet-writer';
import { throwIfAborted } from '#foundation/abort.ts';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import type { Column, ColumnBatch, ColumnInfo, ColumnType } from './table.ts';

const ROW_GROUP_ROWS = 131_072;

const TYPES: Readonly<Record<ColumnType, NonNullable<ColumnSource['type']>>> = {
  float: 'DOUBLE',
  int: 'INT64',
  bool: 'BOOLEAN',
  string: 'STRING',
  datetime: 'TIMESTAMP',
};

/**
 * Writes columns of equal length as a Parquet file (Snappy, all columns nullable), atomically: the path holds
 * the old file or the whole new one. The same columns give the same bytes.
 */
export async function writeParquet(options: {
  readonly path: AbsolutePath;
  readonly columns: readonly Column[];
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly rows: number; readonly bytes: number }> {
  const { path, columns, signal } = options;
  const schema = columns.map(({ name, type }) => ({ name, type }));
  const length = columns[0]?.values.length ?? 0;
  const batches = length === 0 ? [] : [{ start: 0, length, columns }];
  return writeParquetBatches({ path, schema, batches, signal });
}

/** Like `writeParquet`, batch by batch: memory holds one batch and the compressed file. */
export async function writeParquetBatches(options: {
  readonly path: AbsolutePath;
  readonly schema: readonly ColumnInfo[];
  /** Each with the columns of the schema, in its order. */
  readonly batches: AsyncIterable<ColumnBatch> | Iterable<ColumnBatch>;
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly rows: number; readonly bytes: number }> {
  const writer = new ByteWriter();
  const columnData = options.schema.map(({ name, type }) => ({
    name,
    type: TYPES[type],
    data: [],
    nullable: true,
  }));
  const parquet = new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData }),
    createdBy: 'mlo',
  });
  let rows = 0;
  for await (const batch of options.batches) {
    throwIfAborted(options.signal);
    await parquet.write({
      columnData: batch.columns.map((column) => ({ name: column.name, data: toParquet(column) })),
      rowGroupSize: ROW_GROUP_ROWS,
    });
    rows += batch.length;
  }
  await parquet.finish();
  throwIfAborted(options.signal);
  const bytes = writer.getBytes();
  await writeFileAtomic(options.path, bytes);
  return { rows, bytes: bytes.length };
}

function toParquet(column: Column): ColumnSource['data'] {
  if (column.type === 'string') return [...column.values];
  const { values, nulls, type } = column;
  if (type === 'float' && nulls === undefined) return values;
  return Array.from(values, (value, i) => {
    if (nulls?.[i] === 1) return null;
    switch (type) {
      case 'float':
        return value;
      case 'int':
        return BigInt(value);
      case 'bool':
        return value !== 0;
      case 'datetime':
        return new Date(value);
    }
  });
}
