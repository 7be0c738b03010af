import type { AbsolutePath } from '#foundation/brands.ts';
import { isContentId } from '#foundation/hash.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import { isJournalHeader, isJournalRecord, type JournalRecord } from './journal-shape.ts';
import type { JournalHeader } from './prediction-record.ts';
import type { LoggedPrediction, LoggedValue } from './types.ts';

export interface Journal {
  readonly header: JournalHeader;
  readonly records: readonly JournalRecord[];
}

/** Lines parsed between two turns of the event loop: sealing happens beside serving. */
const LINES_A_TURN = 500;

export interface JournalFile {
  /** Undefined when the file is gone, ended before its header was written, or has a damaged header. */
  readonly journal: Journal | undefined;
  /** A whole line is no header or record: a bad disk or another program has written here. */
  readonly damaged: boolean;
}

/**
 * Reads a journal. What kill -9 left at the end (a line without its line end, or half a line) is ignored;
 * so are damaged lines.
 */
export async function readJournal(path: AbsolutePath): Promise<JournalFile> {
  const text = await readTextIfThere(path);
  if (text === undefined) return { journal: undefined, damaged: false };
  const lines = text.split('\n');
  // Whole lines end in a line end; what stands behind the last one is torn.
  lines.pop();
  const header = parse(lines[0]);
  if (!isJournalHeader(header)) return { journal: undefined, damaged: lines.length > 0 };
  const records: JournalRecord[] = [];
  for (let at = 1; at < lines.length; at += 1) {
    const record = parse(lines[at]);
    if (isJournalRecord(record, header)) records.push(record);
    if (at % LINES_A_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { journal: { header, records }, damaged: records.length < lines.length - 1 };
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
