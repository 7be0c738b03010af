import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { openTable } from '#adapters/tables/open-table.ts';
import type { Column, ColumnBatch, Table } from '#adapters/tables/table.ts';
import { writeParquet, writeParquetBatches } from '#adapters/tables/write-parquet.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const FLIGHTS = fileURLToPath(
  new URL('../../../fixtures/flights/flights-sample.parquet', import.meta.url),
) as AbsolutePath;

const COLUMNS: readonly Column[] = [
  {
    name: 'f',
    type: 'float',
    values: Float64Array.of(1.5, Number.NaN, Number.NaN),
    nulls: Uint8Array.of(0, 0, 1),
  },
  { name: 'i', type: 'int', values: Float64Array.of(-7, 2 ** 53 - 1, 0), nulls: undefined },
  { name: 'b', type: 'bool', values: Float64Array.of(1, 0, Number.NaN), nulls: Uint8Array.of(0, 0, 1) },
  { name: 't', type: 'datetime', values: Float64Array.of(0, Date.UTC(2001, 6, 1), -1), nulls: undefined },
  { name: 's', type: 'string', values: ['', 'Zürich 漢', null] },
];

async function target(): Promise<AbsolutePath> {
  return join(await tempDir(), 'data.parquet') as AbsolutePath;
}

async function written(columnData: ColumnSource[]): Promise<AbsolutePath> {
  const path = await target();
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  return path;
}

async function all(table: Table): Promise<ColumnBatch[]> {
  const batches: ColumnBatch[] = [];
  for await (const batch of table.batches()) batches.push(batch);
  return batches;
}

describe('Parquet', () => {
  it('gives back what was written, nulls and NaN apart', async () => {
    const path = await target();
    expect(await writeParquet({ path, columns: COLUMNS })).toMatchObject({ rows: 3 });
    const table = await openTable(path);
    expect(table.columns).toEqual(COLUMNS.map(({ name, type }) => ({ name, type })));
    expect(table.rows).toBe(3);
    const [batch] = await all(table);
    expect(batch?.columns).toEqual(COLUMNS);
  });

  it('writes the same bytes for the same columns, and leaves no temporary file', async () => {
    const dir = await tempDir();
    const [a, b] = [join(dir, 'a.parquet') as AbsolutePath, join(dir, 'b.parquet') as AbsolutePath];
    await writeParquet({ path: a, columns: COLUMNS });
    await writeParquet({ path: b, columns: COLUMNS });
    expect(await readFile(a)).toEqual(await readFile(b));
    expect((await readdir(dir)).sort()).toEqual(['a.parquet', 'b.parquet']);
  });

  it('writes batches one after the other, and a table without rows', async () => {
    const path = await target();
    const schema = [{ name: 'x', type: 'float' }] as const;
    const batch = (start: number): ColumnBatch => ({
      start,
      length: 2,
      columns: [{ name: 'x', type: 'float', values: Float64Array.of(start, start + 1), nulls: undefined }],
    });
    await writeParquetBatches({ path, schema, batches: [batch(0), batch(2)] });
    const batches = await all(await openTable(path));
    expect(batches.flatMap(({ columns }) => [...(columns[0]?.values ?? [])])).toEqual([0, 1, 2, 3]);
    expect(batches.map(({ start }) => start)).toEqual([0, 2]);
    await writeParquetBatches({ path, schema, batches: [] });
    const empty = await openTable(path);
    expect([empty.rows, empty.columns]).toEqual([0, [{ name: 'x', type: 'float' }]]);
  });

  it('reads real flights: five thousand rows of January to June 2001', async () => {
    const table = await openTable(FLIGHTS);
    expect(table.columns).toEqual([
      { name: 'date', type: 'datetime' },
      { name: 'delay', type: 'int' },
      { name: 'distance', type: 'int' },
      { name: 'origin', type: 'string' },
      { name: 'destination', type: 'string' },
    ]);
    let rows = 0;
    for (const batch of await all(table)) {
      rows += batch.length;
      const [date] = batch.columns;
      for (const value of date?.values ?? []) {
        expect(Number(value)).toBeGreaterThanOrEqual(Date.UTC(2001, 0, 1));
        expect(Number(value)).toBeLessThanOrEqual(Date.UTC(2001, 6, 1));
      }
    }
    expect(rows).toBe(table.rows);
  });

  it('gives 64-bit ids as text when a double cannot hold them', async () => {
    const ids = [2n ** 60n + 1n, 5n];
    const table = await openTable(await written([{ name: 'id', data: ids, type: 'INT64' }]));
    expect(table.columns).toEqual([{ name: 'id', type: 'string' }]);
    expect((await all(table))[0]?.columns[0]?.values).toEqual(['1152921504606846977', '5']);
  });

  it('names such a column when the file has no statistics to tell', async () => {
    const path = await written([{ name: 'id', data: [2n ** 60n + 1n], type: 'INT64', statistics: false }]);
    await expect(all(await openTable(path))).rejects.toThrow(
      /column "id" holds 1152921504606846977, beyond 2\^53/,
    );
  });

  it('lists nested columns as unsupported and reads the others', async () => {
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'x', data: [1, 2] },
        { name: 'tags', data: [['a'], ['b', 'c']] },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'x', type: 'DOUBLE', repetition_type: 'REQUIRED' },
        { name: 'tags', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' },
      ],
    });
    const path = await target();
    await writeFile(path, new Uint8Array(buffer));
    const table = await openTable(path);
    expect(table.columns.map(({ name }) => name)).toEqual(['x']);
    expect(table.unsupported).toEqual([{ name: 'tags', reason: 'nested values' }]);
    expect((await all(table))[0]?.columns[0]?.values).toEqual(Float64Array.of(1, 2));
  });

  it('says in one sentence that a file is no Parquet file, or is cut short', async () => {
    const path = await target();
    await writeFile(path, 'this is not a parquet file, though it is long enough to be one');
    await expect(openTable(path)).rejects.toMatchObject({ code: 'MLO_BAD_TABLE' });
    const bytes = await readFile(FLIGHTS);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    await expect(openTable(path)).rejects.toThrow(/data\.parquet: not a readable Parquet file/);
  });

  it('names rows and column when the data inside is damaged', async () => {
    const bytes = await readFile(FLIGHTS);
    bytes.fill(0xff, 8, 2000);
    const path = await target();
    await writeFile(path, bytes);
    await expect(all(await openTable(path))).rejects.toThrow(/data\.parquet: rows 1 to \d+, column "\w+"/);
  });
});
