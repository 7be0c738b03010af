import { open } from 'node:fs/promises';
import {
  parquetMetadataAsync,
  parquetScan,
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  type ParquetParsers,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { messageOf } from '#foundation/errors.ts';
import { sliceColumn } from './memory-table.ts';
import { parquetColumns } from './parquet-schema.ts';
import { badTable, selectColumns, type Column, type ColumnInfo, type Table } from './table.ts';

/** Rows decoded at once: bounds memory for files that hold everything in one row group. */
const MAX_DECODE_ROWS = 1 << 20;
const BATCH_ROWS = 65_536;

const decoder = new TextDecoder();

/** Times become milliseconds since 1970 and JSON stays text, instead of one object a value. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value: bigint | number | null | undefined) => scaled(value, 1),
  timestampFromMicroseconds: (value: bigint | number | null | undefined) => scaled(value, 1e3),
  timestampFromNanoseconds: (value: bigint | number | null | undefined) => scaled(value, 1e6),
  dateFromDays: (days: number | null | undefined) => (days == null ? null : days * 86_400_000),
  jsonFromBytes: (bytes: Uint8Array | null | undefined) => (bytes == null ? null : decoder.decode(bytes)),
};

function scaled(value: bigint | number | null | undefined, perMillisecond: number): number | null {
  return value == null ? null : Number(value) / perMillisecond;
}

/** Opens a Parquet file; reads only its footer. */
export async function openParquet(path: AbsolutePath): Promise<Table> {
  const { metadata, columns, unsupported } = await withFile(path, async (file) => {
    try {
      const footer = await parquetMetadataAsync(file, { geoparquet: false });
      return { metadata: footer, ...parquetColumns(footer) };
    } catch (error) {
      throw badTable(path, `not a readable Parquet file: ${messageOf(error)}`, error);
    }
  });
  const rows = Number(metadata.num_rows);
  const table: Table = {
    name: path,
    format: 'parquet',
    columns,
    rows,
    unsupported,
    batches: async function* (options = {}) {
      const wanted = selectColumns(table, options.columns);
      const handle = await open(path, 'r');
      try {
        const file = await asyncBuffer(handle);
        for (const range of decodeRanges(metadata)) {
          throwIfAborted(options.signal);
          const decoded = await decodeRange({ path, file, metadata, wanted, ...range });
          for (let at = 0; at < range.length; at += BATCH_ROWS) {
            throwIfAborted(options.signal);
            const length = Math.min(BATCH_ROWS, range.length - at);
            yield {
              start: range.start + at,
              length,
              columns: decoded.map((column) => sliceColumn(column, at, at + length)),
            };
          }
        }
      } finally {
        await handle.close();
      }
    },
  };
  return table;
}

/** Row ranges within one row group each, none larger than the limit. */
function* decodeRanges(metadata: FileMetaData): Generator<{ start: number; length: number }> {
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows);
    for (let at = 0; at < groupRows; at += MAX_DECODE_ROWS) {
      yield { start: groupStart + at, length: Math.min(MAX_DECODE_ROWS, groupRows - at) };
    }
    groupStart += groupRows;
  }
}

async function decodeRange(options: {
  readonly path: AbsolutePath;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly wanted: readonly ColumnInfo[];
  readonly start: number;
  readonly length: number;
}): Promise<Column[]> {
  const { path, file, metadata, wanted, start, length } = options;
  const range = { rowStart: start, rowEnd: start + length };
  const columns: Column[] = [];
  for (const info of wanted) {
    let data: DecodedArray;
    try {
      // A scan keeps what it has decoded, so each column gets its own and is dropped with it.
      const scan = await parquetScan({
        file,
        metadata,
        compressors,
        parsers: PARSERS,
        geoparquet: false,
        columns: [info.name],
        ...range,
      });
      data = await scan.readColumn({ column: info.name, ...range });
    } catch (error) {
      throw badTable(
        path,
        `rows ${start + 1} to ${start + length}, column "${info.name}": ${messageOf(error)}`,
        error,
      );
    }
    if (data.length !== length) {
      throw badTable(
        path,
        `column "${info.name}" has ${data.length} values where ${length} rows were promised`,
      );
    }
    columns.push(toColumn(info, data, path));
  }
  return columns;
}

function toColumn(info: ColumnInfo, data: DecodedArray, path: AbsolutePath): Column {
  const { name, type } = info;
  if (type === 'string') {
    const values: (string | null)[] = Array.from({ length: data.length });
    for (let i = 0; i < data.length; i += 1) {
      const value: unknown = data[i];
      values[i] = value == null ? null : textOf(value);
    }
    return { name, type, values };
  }
  if (data instanceof Float64Array) return { name, type, values: data, nulls: undefined };
  const values = new Float64Array(data.length);
  let nulls: Uint8Array | undefined;
  for (let i = 0; i < data.length; i += 1) {
    const value: unknown = data[i];
    if (value == null) {
      nulls ??= new Uint8Array(data.length);
      nulls[i] = 1;
      values[i] = Number.NaN;
      continue;
    }
    const number = Number(value);
    // Only files without statistics get here with such values; with them the column is text.
    if (typeof value === 'bigint' && !Number.isSafeInteger(number)) {
      throw badTable(path, `column "${name}" holds ${value}, beyond 2^53: write it as text, or leave it out`);
    }
    values[i] = number;
  }
  return { name, type, values, nulls };
}

/** Texts, 64-bit integers that do not fit a double, and the bytes of columns without a type. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  return value instanceof Uint8Array ? decoder.decode(value) : JSON.stringify(value);
}

async function withFile<T>(path: AbsolutePath, work: (file: AsyncBuffer) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    return await work(await asyncBuffer(handle));
  } finally {
    await handle.close();
  }
}

async function asyncBuffer(handle: Awaited<ReturnType<typeof open>>): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const from = start < 0 ? Math.max(0, size + start) : start;
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - from));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled);
        if (bytesRead === 0) throw new Error('the file ends early');
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}
