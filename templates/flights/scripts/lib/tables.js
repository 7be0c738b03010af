import { existsSync } from 'node:fs';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { replaceFile } from './files.js';
import { Problem } from './script.js';

/**
 * Opens a Parquet file to be read one row group after the other, so that memory holds one group and not
 * the table. Timestamps stay what the file holds: whole microseconds since 1970, as BigInt.
 */
export async function openTable(path, hint) {
  if (!existsSync(path)) throw new Problem(`${path} is missing${hint ? `: ${hint}` : ''}`);
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const [, ...schema] = metadata.schema;
  const names = schema.map((element) => element.name);
  return {
    rows: Number(metadata.num_rows),
    root: metadata.schema[0],
    schema,
    async *groups(columns = names) {
      const absent = columns.filter((name) => !names.includes(name));
      if (absent.length > 0) throw new Problem(`${path} has no column ${absent.join(', ')}`);
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows);
        const parts = Object.fromEntries(columns.map((name) => [name, []]));
        await parquetRead({
          file,
          metadata,
          compressors,
          columns,
          rowStart,
          rowEnd,
          parsers: { timestampFromMicroseconds: (micros) => micros },
          onChunk: ({ columnName, columnData }) => parts[columnName].push(columnData),
        });
        const data = {};
        for (const name of columns)
          data[name] = parts[name].length === 1 ? parts[name][0] : flatten(parts[name]);
        yield { start: rowStart, rows: rowEnd - rowStart, data };
        rowStart = rowEnd;
      }
    },
  };
}

/** Whole columns. `kinds` maps a column name to Float32Array, Uint8Array, … or to Array for strings. */
export async function readColumns(path, kinds, hint) {
  const table = await openTable(path, hint);
  const columns = {};
  for (const [name, Kind] of Object.entries(kinds)) columns[name] = new Kind(table.rows);
  for await (const { start, rows, data } of table.groups(Object.keys(kinds))) {
    for (const name of Object.keys(kinds)) {
      const from = data[name];
      const to = columns[name];
      for (let row = 0; row < rows; row += 1) to[start + row] = from[row];
    }
  }
  return { rows: table.rows, columns };
}

const TYPES = {
  INT32: { type: 'INT32' },
  FLOAT: { type: 'FLOAT' },
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

/** Writes whole columns, given as `{name, type: 'INT32' | 'FLOAT' | 'STRING', data}`. */
export function writeTable(path, columns) {
  const schema = [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type }) => ({ name, repetition_type: 'REQUIRED', ...TYPES[type] })),
  ];
  return replaceFile(path, async (temporary) => {
    const writer = new ParquetWriter({ writer: fileWriter(temporary), schema });
    await writer.write({
      columnData: columns.map(({ name, data }) => ({ name, data })),
      rowGroupSize: 250_000,
    });
    await writer.finish();
  });
}

function flatten(parts) {
  const rows = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Array(rows);
  let at = 0;
  for (const part of parts) for (let row = 0; row < part.length; row += 1) all[at++] = part[row];
  return all;
}
