import { openTable } from '#adapters/tables/open-table.ts';
import type { Column, ColumnBatch } from '#adapters/tables/table.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { isContentId } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import type { Project } from '#stores/project.ts';
import { fromDamagedSegment } from './damaged-segment.ts';
import { journalPath, listLogFiles, segmentPath } from './log-files.ts';
import { timeOfPredictionId } from './prediction-record.ts';
import { loggedModels } from './prediction-tables.ts';
import { loggedPrediction, readJournal } from './read-journal.ts';
import { LOG_COLUMNS, OUTPUT_PREFIX } from './seal-journal.ts';
import type { LoggedPrediction, LoggedValue } from './types.ts';

/**
 * The logged prediction with this id, in one model's log or in all; undefined when no log has it. Throws
 * `integrity` (MLO_PREDICTION_LOG_DAMAGED) when a segment that may hold it cannot be read.
 */
export async function findPrediction(options: {
  readonly project: Project;
  readonly id: string;
  readonly model?: string | undefined;
}): Promise<LoggedPrediction | undefined> {
  const { project, id } = options;
  const time = timeOfPredictionId(id);
  if (time === undefined) return undefined;
  const models = options.model === undefined ? await loggedModels(project) : [options.model];
  for (const model of models) {
    const dir = joinPath(project.paths.predictionsDir, model);
    const found = (await inJournals(dir, id)) ?? (await inSegments(dir, { project, id, time, model }));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function inJournals(dir: AbsolutePath, id: string): Promise<LoggedPrediction | undefined> {
  for (const stem of (await listLogFiles(dir)).journals) {
    const { journal } = await readJournal(journalPath(dir, stem));
    const record = journal?.records.find((candidate) => candidate.id === id);
    if (journal !== undefined && record !== undefined) return loggedPrediction(journal.header, record);
  }
  return undefined;
}

interface Wanted {
  readonly project: Project;
  readonly id: string;
  readonly time: number;
  readonly model: string;
}

/** Newest segment that began before the id was made first: the id is most likely in that one. */
async function inSegments(dir: AbsolutePath, wanted: Wanted): Promise<LoggedPrediction | undefined> {
  const when = new Date(wanted.time + 1000).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
  const { segments } = await listLogFiles(dir);
  for (const stem of segments.filter((name) => name.slice(0, when.length) <= when).toReversed()) {
    const found = await inSegment(segmentPath(dir, stem), wanted).catch((error: unknown) => {
      throw fromDamagedSegment(error, wanted.project);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function inSegment(path: AbsolutePath, wanted: Wanted): Promise<LoggedPrediction | undefined> {
  const table = await openTable(path);
  let at: number | undefined;
  for await (const batch of table.batches({ columns: [LOG_COLUMNS.id] })) {
    const index = (batch.columns[0]?.values ?? []).findIndex((value) => value === wanted.id);
    if (index === -1) continue;
    at = batch.start + index;
    break;
  }
  if (at === undefined) return undefined;
  // Its rows follow each other and may go over the end of a batch.
  const found: FoundRows = { columns: new Map() };
  for await (const batch of table.batches()) {
    if (batch.start + batch.length <= at) continue;
    if (!collect(batch, wanted.id, found)) break;
  }
  return predictionOf(found, wanted);
}

interface FoundRows {
  readonly columns: Map<string, LoggedValue[]>;
}

/** Adds the batch's rows of the prediction; false when they ended inside this batch. */
function collect(batch: ColumnBatch, id: string, found: FoundRows): boolean {
  const ids = batch.columns.find((column) => column.name === LOG_COLUMNS.id);
  let last = false;
  for (let row = 0; row < batch.length; row += 1) {
    last = ids?.values[row] === id;
    if (!last) continue;
    for (const column of batch.columns) {
      const values = found.columns.get(column.name) ?? [];
      values.push(valueAt(column, row));
      found.columns.set(column.name, values);
    }
  }
  return last;
}

function valueAt(column: Column, row: number): LoggedValue {
  const value = column.values[row] ?? null;
  if (typeof value !== 'number') return value;
  if (column.type !== 'string' && column.nulls?.[row] === 1) return null;
  return column.type === 'bool' ? value !== 0 : value;
}

function predictionOf(found: FoundRows, wanted: Wanted): LoggedPrediction | undefined {
  const first = (name: string): LoggedValue => found.columns.get(name)?.[0] ?? null;
  const bundle = first(LOG_COLUMNS.bundle);
  if (typeof bundle !== 'string' || !isContentId(bundle)) return undefined;
  const own: readonly string[] = Object.values(LOG_COLUMNS);
  const inputs: Record<string, readonly LoggedValue[]> = {};
  const outputs: Record<string, readonly LoggedValue[]> = {};
  for (const [name, values] of found.columns) {
    if (own.includes(name)) continue;
    if (name.startsWith(OUTPUT_PREFIX)) outputs[name.slice(OUTPUT_PREFIX.length)] = values;
    else inputs[name] = values;
  }
  return {
    id: wanted.id,
    time: Number(first(LOG_COLUMNS.time)),
    model: wanted.model,
    version: Number(first(LOG_COLUMNS.version)),
    bundle,
    rows: found.columns.get(LOG_COLUMNS.id)?.length ?? 0,
    inputs,
    outputs,
  };
}
