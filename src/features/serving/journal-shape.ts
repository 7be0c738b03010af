import { DTYPES, type DType } from '#formats/inference/dtypes.ts';
import type { JournalHeader } from './prediction-record.ts';
import type { LogColumn, LoggedValue } from './types.ts';

/** One line of a journal, columns by position. */
export interface JournalRecord {
  readonly id: string;
  readonly t: number;
  readonly rows: number;
  readonly in: readonly (readonly LoggedValue[])[];
  readonly out: readonly (readonly LoggedValue[])[];
}

/** The last millisecond a Date can hold, https://tc39.es/ecma262/#sec-time-values-and-time-range. */
const LAST_TIME = 8.64e15;

/** Lines are checked before they are believed: one bad sector must not stop every later look at the log. */
export function isJournalHeader(value: unknown): value is JournalHeader {
  return (
    isObject(value) &&
    value.mlo_predictions === 1 &&
    typeof value.model === 'string' &&
    Number.isSafeInteger(value.version) &&
    typeof value.bundle === 'string' &&
    isColumns(value.inputs) &&
    isColumns(value.outputs)
  );
}

export function isJournalRecord(value: unknown, header: JournalHeader): value is JournalRecord {
  return (
    isObject(value) &&
    typeof value.id === 'string' &&
    Number.isInteger(value.t) &&
    Math.abs(Number(value.t)) <= LAST_TIME &&
    isLists(value.in, header.inputs) &&
    value.in.length === header.inputs.length &&
    value.in.every((list) => list.length === value.rows) &&
    // An output may have fewer rows than were asked, and another width than the first answer had.
    isLists(value.out, header.outputs)
  );
}

function isColumns(value: unknown): value is LogColumn[] {
  return (
    Array.isArray(value) &&
    value.every(
      (column: unknown) =>
        isObject(column) &&
        typeof column.name === 'string' &&
        typeof column.dtype === 'string' &&
        Object.hasOwn(DTYPES, column.dtype),
    )
  );
}

function isLists(value: unknown, columns: readonly LogColumn[]): value is LoggedValue[][] {
  return (
    Array.isArray(value) &&
    value.every((list: unknown, at) => {
      const dtype = columns[at]?.dtype;
      return Array.isArray(list) && (dtype === undefined || list.every((item) => isLogged(item, dtype)));
    })
  );
}

function isLogged(value: unknown, dtype: DType): boolean {
  if (value === null || typeof value === 'boolean') return true;
  const { family } = DTYPES[dtype];
  const whole = family === 'int' || family === 'bigint';
  if (typeof value === 'string') return !whole || /^-?\d+$/.test(value);
  return typeof value === 'number' && (!whole || Number.isInteger(value));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
