import { createReadStream } from 'node:fs';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { fromSystemError, messageOf } from '#foundation/errors.ts';
import { KIND, parseDatetime, typeOfKinds } from './csv-values.ts';
import { badTable, selectColumns, type Column, type ColumnInfo, type Table } from './table.ts';

const LF = 0x0a;
const CHUNK_BYTES = 1 << 20;
const MAX_LINE_BYTES = 64 << 20;

type Row = Readonly<Record<string, unknown>>;

/**
 * Opens a file of one JSON object a line. Columns come in the order in which their keys first appear; a key
 * that a row lacks is null there. Nested values, and columns of mixed types, are kept as JSON text.
 */
export async function openJsonLines(path: AbsolutePath, signal: AbortSignal | undefined): Promise<Table> {
  const kinds = new Map<string, number>();
  let rows = 0;
  for await (const block of readRows(path, signal)) {
    for (const row of block) {
      for (const [key, value] of Object.entries(row))
        kinds.set(key, (kinds.get(key) ?? 0) | kindOfJson(value));
    }
    rows += block.length;
  }
  const columns: ColumnInfo[] = [...kinds].map(([name, kind]) => ({ name, type: typeOfKinds(kind) }));
  const table: Table = {
    name: path,
    format: 'jsonl',
    columns,
    rows,
    unsupported: [],
    batches: async function* (options = {}) {
      const wanted = selectColumns(table, options.columns);
      let start = 0;
      for await (const block of readRows(path, options.signal)) {
        yield { start, length: block.length, columns: wanted.map((info) => readColumn(info, block)) };
        start += block.length;
      }
    },
  };
  return table;
}

async function* readRows(path: AbsolutePath, signal: AbortSignal | undefined): AsyncGenerator<Row[]> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  const parse = (text: string): Row[] => {
    const rows: Row[] = [];
    for (const part of text.split('\n')) {
      const trimmed = part.trim();
      if (trimmed !== '') rows.push(parseRow(trimmed, path, line));
      line += 1;
    }
    return rows;
  };
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      throwIfAborted(signal);
      const bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      const end = bytes.lastIndexOf(LF);
      rest = bytes.subarray(end + 1);
      if (rest.length > MAX_LINE_BYTES) throw badTable(path, `line ${line}: longer than 64 MiB`);
      const rows = end === -1 ? [] : parse(bytes.toString('utf8', 0, end));
      if (rows.length > 0) yield rows;
    }
  } catch (error) {
    throw fromSystemError(error, path);
  }
  const rows = parse(rest.toString('utf8'));
  if (rows.length > 0) yield rows;
}

function parseRow(text: string, path: AbsolutePath, line: number): Row {
  let value: unknown;
  try {
    // A byte-order mark may precede the first line.
    value = JSON.parse(line === 1 ? text.replace(/^\uFEFF/, '') : text);
  } catch (error) {
    throw badTable(path, `line ${line}: not JSON: ${messageOf(error)}`, error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw badTable(path, `line ${line}: expected an object such as {"column": value}`);
}

function kindOfJson(value: unknown): number {
  if (value === null || value === undefined) return KIND.none;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? KIND.int : KIND.float;
  if (typeof value === 'boolean') return KIND.bool;
  if (typeof value === 'string' && !Number.isNaN(parseDatetime(value))) return KIND.datetime;
  return KIND.text;
}

function readColumn(info: ColumnInfo, rows: readonly Row[]): Column {
  const { name, type } = info;
  if (type === 'string') return { name, type, values: rows.map((row) => textOf(row[name])) };
  const values = new Float64Array(rows.length);
  let nulls: Uint8Array | undefined;
  rows.forEach((row, r) => {
    const value = row[name];
    if (value === null || value === undefined) {
      nulls ??= new Uint8Array(rows.length);
      nulls[r] = 1;
      values[r] = Number.NaN;
    } else values[r] = typeof value === 'string' ? parseDatetime(value) : Number(value);
  });
  return { name, type, values, nulls };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
