import { readFile } from 'node:fs/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { isContentId } from '#foundation/hash.ts';
import type { JournalHeader } from './prediction-record.ts';
import type { LoggedPrediction, LoggedValue } from './types.ts';

/** One line of a journal, columns by position. */
export interface JournalRecord {
  readonly id: string;
  readonly t: number;
  readonly rows: number;
  readonly in: readonly (readonly LoggedValue[])[];
  readonly out: readonly (readonly LoggedValue[])[];
}

export interface Journal {
  readonly header: JournalHeader;
  readonly records: readonly JournalRecord[];
}

/** Lines parsed between two turns of the event loop: sealing happens beside serving. */
const LINES_A_TURN = 500;

/**
 * Reads a journal. What kill -9 left at the end (a line without its line end, or half a line) is ignored.
 * Undefined when the file is gone, or ended before its header was written.
 */
export async function readJournal(path: AbsolutePath): Promise<Journal | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fromSystemError(error, path);
  }
  const lines = text.split('\n');
  // Whole lines end in a line end; what stands behind the last one is torn.
  lines.pop();
  const header = parse(lines[0]) as JournalHeader | undefined;
  if (header?.mlo_predictions !== 1) return undefined;
  const records: JournalRecord[] = [];
  for (let at = 1; at < lines.length; at += 1) {
    const record = parse(lines[at]) as JournalRecord | undefined;
    if (record !== undefined) records.push(record);
    if (at % LINES_A_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { header, records };
}

function parse(line: string | undefined): unknown {
  try {
    return line === undefined || line === '' ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function loggedPrediction(header: JournalHeader, record: JournalRecord): LoggedPrediction | undefined {
  if (!isContentId(header.bundle)) return undefined;
  const named = (
    columns: JournalHeader['inputs'],
    values: JournalRecord['in'],
  ): Record<string, readonly LoggedValue[]> =>
    Object.fromEntries(columns.map((column, at) => [column.name, values[at] ?? []]));
  return {
    id: record.id,
    time: record.t,
    model: header.model,
    version: header.version,
    bundle: header.bundle,
    rows: record.rows,
    inputs: named(header.inputs, record.in),
    outputs: named(header.outputs, record.out),
  };
}
