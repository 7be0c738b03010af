import { open } from 'node:fs/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { scanRecords, type RecordBlock } from './csv-scan.ts';
import { booleanOf, KIND, kindOf, numberOf, parseDatetime, typeOfKinds } from './csv-values.ts';
import { badTable, selectColumns, type Column, type ColumnInfo, type Table } from './table.ts';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const TAB = 0x09;

/** Opens a delimited text file with a header line: one pass here finds exact types and the row count. */
export async function openCsv(path: AbsolutePath, signal: AbortSignal | undefined): Promise<Table> {
  const delimiter = await findDelimiter(path);
  const { columns, rows } = await inspect(path, delimiter, signal);
  const table: Table = {
    name: path,
    format: 'csv',
    columns,
    rows,
    unsupported: [],
    batches: async function* (options = {}) {
      const wanted = selectColumns(table, options.columns).map((info) => ({
        info,
        index: columns.indexOf(info),
      }));
      let start = 0;
      let header = true;
      const scan = { path, delimiter, width: columns.length, signal: options.signal };
      for await (const block of scanRecords(scan)) {
        const skip = header ? 1 : 0;
        header = false;
        const length = block.records - skip;
        if (length === 0) continue;
        yield {
          start,
          length,
          columns: wanted.map(({ info, index }) => readColumn(block, skip, info, index)),
        };
        start += length;
      }
    },
  };
  return table;
}

async function inspect(
  path: AbsolutePath,
  delimiter: number,
  signal: AbortSignal | undefined,
): Promise<{ columns: ColumnInfo[]; rows: number }> {
  let names: string[] | undefined;
  let kinds = new Uint8Array(0);
  let rows = 0;
  for await (const block of scanRecords({ path, delimiter, width: 0, signal })) {
    const { bytes, starts, ends, width } = block;
    const skip = names === undefined ? 1 : 0;
    if (names === undefined) {
      names = headerNames(block, path);
      kinds = new Uint8Array(width);
    }
    for (let i = skip * width; i < starts.length; i += width) {
      for (let c = 0; c < width; c += 1) {
        const known = kinds[c] ?? 0;
        // Once text, always text: the costly part is done for the first such value only.
        if ((known & KIND.text) !== 0) continue;
        kinds[c] = known | kindOf(bytes, starts[i + c] ?? 0, ends[i + c] ?? 0);
      }
    }
    rows += block.records - skip;
  }
  if (names === undefined) throw badTable(path, 'is empty; a header line with column names is expected');
  return { columns: names.map((name, c) => ({ name, type: typeOfKinds(kinds[c] ?? 0) })), rows };
}

function headerNames(block: RecordBlock, path: AbsolutePath): string[] {
  const names = Array.from({ length: block.width }, (_, c) => {
    const name = textOf(block, c)?.trim() ?? '';
    return name === '' ? `column_${c + 1}` : name;
  });
  const twice = names.find((name, c) => names.indexOf(name) !== c);
  if (twice !== undefined) throw badTable(path, `line 1: two columns are called "${twice}"`);
  return names;
}

function readColumn(block: RecordBlock, skip: number, info: ColumnInfo, index: number): Column {
  const { name, type } = info;
  const { width } = block;
  const length = block.records - skip;
  if (type === 'string') {
    const values = Array.from({ length }, (_, r) => textOf(block, (r + skip) * width + index));
    return { name, type, values };
  }
  const values = new Float64Array(length);
  let nulls: Uint8Array | undefined;
  for (let r = 0; r < length; r += 1) {
    const value = valueOf(block, (r + skip) * width + index, type);
    if (value === undefined) {
      nulls ??= new Uint8Array(length);
      nulls[r] = 1;
    }
    values[r] = value ?? Number.NaN;
  }
  return { name, type, values, nulls };
}

/** Text of a field; null when it is empty and was not quoted. */
function textOf(block: RecordBlock, field: number): string | null {
  const start = block.starts[field] ?? 0;
  const end = block.ends[field] ?? 0;
  const quoting = block.quoting[field];
  if (start === end && quoting === 0) return null;
  const text = block.bytes.toString('utf8', start, end);
  return quoting === 2 ? text.replaceAll('""', '"') : text;
}

function valueOf(
  block: RecordBlock,
  field: number,
  type: Exclude<ColumnInfo['type'], 'string'>,
): number | undefined {
  const start = block.starts[field] ?? 0;
  const end = block.ends[field] ?? 0;
  if (type === 'int' || type === 'float') return numberOf(block.bytes, start, end);
  const word = block.bytes.toString('latin1', start, end).trim();
  if (type === 'bool') return booleanOf(word);
  const time = parseDatetime(word);
  return Number.isNaN(time) ? undefined : time;
}

/** Tab for .tsv; else what the header line has: comma, tab or semicolon, in this order. */
async function findDelimiter(path: AbsolutePath): Promise<number> {
  if (path.toLowerCase().endsWith('.tsv')) return TAB;
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    const header = text.split(/\r|\n/, 1)[0] ?? '';
    const found = [COMMA, TAB, SEMICOLON].find((byte) => header.includes(String.fromCharCode(byte)));
    return found ?? COMMA;
  } finally {
    await handle.close();
  }
}
