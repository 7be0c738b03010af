import { basename } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import type { Column } from '#adapters/tables/table.ts';
import { writeParquet } from '#adapters/tables/write-parquet.ts';
import { DTYPES, type DType } from '#formats/inference/dtypes.ts';
import { removeJournal, setJournalAside } from '#stores/predictions/append-log.ts';
import { readJournal, type Journal } from './read-journal.ts';
import type { LoggedValue } from './types.ts';

/** Columns every segment begins with. Features keep their names; outputs get `prediction.` before theirs. */
export const LOG_COLUMNS = {
  id: 'mlo_prediction_id',
  row: 'mlo_row',
  time: 'mlo_time',
  version: 'mlo_version',
  bundle: 'mlo_bundle',
} as const;
export const OUTPUT_PREFIX = 'prediction.';

/**
 * Turns a journal nobody writes any more into a Parquet file beside it, one row for each predicted row. The
 * file appears whole under its name before the journal goes, and has the journal's name: after a crash
 * between the two the journal is simply known to be sealed. A damaged journal is kept beside it as
 * `.jsonl.damaged`, since only a person can read its rest; that is said.
 */
export async function sealJournal(
  journal: AbsolutePath,
  segment: AbsolutePath,
  report: Report,
): Promise<void> {
  const { journal: content, damaged } = await readJournal(journal);
  const any = content !== undefined && content.records.length > 0;
  if (any) await writeParquet({ path: segment, columns: journalColumns(content) });
  if (!damaged) {
    await removeJournal(journal);
    return;
  }
  await setJournalAside(journal);
  report({
    type: 'warning',
    code: 'MLO_JOURNAL_DAMAGED',
    message: `${journal} has damaged lines; it is kept as ${basename(journal)}.damaged`,
    hint: any ? 'its good records were saved' : 'none of its records could be read',
  });
}

export function journalColumns(journal: Journal): readonly Column[] {
  const { header, records } = journal;
  const rows = records.reduce((sum, record) => sum + record.rows, 0);
  const ids: string[] = [];
  const rowNumbers = new Float64Array(rows);
  const times = new Float64Array(rows);
  for (const record of records) {
    for (let row = 0; row < record.rows; row += 1) {
      rowNumbers[ids.length] = row;
      times[ids.length] = record.t;
      ids.push(record.id);
    }
  }
  const number = (name: string, type: 'int' | 'datetime', values: Float64Array): Column => ({
    name,
    type,
    values,
    nulls: undefined,
  });
  const same = <T>(value: T): T[] => Array.from({ length: rows }, () => value);
  return [
    { name: LOG_COLUMNS.id, type: 'string', values: ids },
    number(LOG_COLUMNS.row, 'int', rowNumbers),
    number(LOG_COLUMNS.time, 'datetime', times),
    number(LOG_COLUMNS.version, 'int', new Float64Array(rows).fill(header.version)),
    { name: LOG_COLUMNS.bundle, type: 'string', values: same(header.bundle) },
    ...header.inputs.map(({ name, dtype }, at) =>
      valueColumn(
        name,
        dtype,
        gather(records, (record) => record.in[at]),
      ),
    ),
    ...header.outputs.map(({ name, dtype }, at) =>
      valueColumn(
        `${OUTPUT_PREFIX}${name}`,
        dtype,
        gather(records, (record) => record.out[at]),
      ),
    ),
  ];
}

function gather(
  records: Journal['records'],
  pick: (record: Journal['records'][number]) => readonly LoggedValue[] | undefined,
): LoggedValue[] {
  const values: LoggedValue[] = [];
  for (const record of records) {
    const list = pick(record) ?? [];
    for (let row = 0; row < record.rows; row += 1) values.push(list[row] ?? null);
  }
  return values;
}

/** Whole numbers beyond 2^53 are logged as text; a column that has one becomes text. */
function valueColumn(name: string, dtype: DType, values: readonly LoggedValue[]): Column {
  const { family } = DTYPES[dtype];
  if (family === 'text' || values.some((value) => typeof value === 'string')) {
    return { name, type: 'string', values: values.map((value) => (value === null ? null : String(value))) };
  }
  const numbers = Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  const nulls = values.includes(null)
    ? Uint8Array.from(values, (value) => (value === null ? 1 : 0))
    : undefined;
  const type = family === 'bool' ? 'bool' : family === 'float' ? 'float' : 'int';
  return { name, type, values: numbers, nulls };
}
