// Splits the six months of flights into one Parquet file a month: data/flights-2001-01.parquet … -06.parquet.
// The same input gives the same bytes. Usage: node scripts/months.js [source.parquet] [folder]

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { finishFile, temporaryName } from './lib/files.js';
import { count, Problem, progress, runScript } from './lib/script.js';
import { openTable } from './lib/tables.js';

const SOURCE = 'node_modules/vega-datasets/data/flights-3m.parquet';
// A departure at 24:00 on the last day stands in the source as 1 July, 00:00. It counts to June.
const LAST_MONTH = '2001-06';

export async function splitMonths({ source = SOURCE, folder = 'data', say = () => {} } = {}) {
  const table = await openTable(source, 'run "npm install" first');
  const columns = ['date', 'delay', 'distance', 'origin', 'destination'];
  const months = new Map();
  mkdirSync(folder, { recursive: true });
  try {
    for await (const { rows, data, start } of table.groups(columns)) {
      for (const { month, from, to, moved } of runs(data.date, rows)) {
        if (!months.has(month)) months.set(month, openMonth(folder, month, table));
        const part = months.get(month);
        await part.writer.write({
          columnData: columns.map((name) => ({ name, data: data[name].slice(from, to) })),
          rowGroupSize: to - from,
        });
        part.rows += to - from;
        part.moved += moved;
      }
      say(`${count(start + rows)} of ${count(table.rows)} rows`);
    }
    for (const part of months.values()) await part.writer.finish();
    const total = [...months.values()].reduce((sum, part) => sum + part.rows, 0);
    if (total !== table.rows) throw new Problem(`${count(total)} rows written of ${count(table.rows)}`);
  } catch (error) {
    for (const part of months.values()) rmSync(part.temporary, { force: true });
    throw error;
  }
  for (const part of months.values()) finishFile(part.temporary, part.path);
  return [...months].map(([month, { path, rows, moved }]) => ({ month, path, rows, moved }));
}

function openMonth(folder, month, table) {
  const path = join(folder, `flights-${month}.parquet`);
  const temporary = temporaryName(path);
  const writer = new ParquetWriter({ writer: fileWriter(temporary), schema: [table.root, ...table.schema] });
  return { path, temporary, writer, rows: 0, moved: 0 };
}

/** Neighbouring rows of the same month; the source is in order of time, so these are few. */
function* runs(dates, rows) {
  let from = 0;
  while (from < rows) {
    const month = monthOf(dates[from]);
    const kept = month > LAST_MONTH ? LAST_MONTH : month;
    const end = firstOfNextMonth(dates[from]);
    const begin = firstOfMonth(dates[from]);
    let to = from + 1;
    while (to < rows && dates[to] >= begin && dates[to] < end) to += 1;
    yield { month: kept, from, to, moved: kept === month ? 0 : to - from };
    from = to;
  }
}

const asDate = (micros) => new Date(Number(micros / 1000n));
const monthOf = (micros) => asDate(micros).toISOString().slice(0, 7);

function firstOfMonth(micros) {
  const date = asDate(micros);
  return BigInt(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)) * 1000n;
}

function firstOfNextMonth(micros) {
  const date = asDate(micros);
  return BigInt(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)) * 1000n;
}

runScript(import.meta.filename, async ([source, folder]) => {
  const say = progress();
  for (const { path, rows, moved } of await splitMonths({ source, folder, say })) {
    say(`${path}  ${count(rows)} rows${moved > 0 ? `, ${moved} of them from 1 July 00:00` : ''}`);
  }
});
