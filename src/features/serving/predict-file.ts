import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { sliceColumn } from '#adapters/tables/memory-table.ts';
import { openTable } from '#adapters/tables/open-table.ts';
import type { Column, ColumnBatch, ColumnInfo, Table } from '#adapters/tables/table.ts';
import { DTYPES, elementCount, type DType } from '#formats/inference/dtypes.ts';
import type { NamedTensor } from '#formats/inference/encode.ts';
import { rowBatchFor } from '#formats/inference/rows.ts';
import { isRowModel, type ModelSignature } from '#formats/inference/signature.ts';
import type { Predictor } from './create-predictor.ts';
import { checkTable, putColumn } from './fill-from-table.ts';
import { outputColumns } from './prediction-record.ts';
import type { LoggedValue, PredictFileOutcome } from './types.ts';
import { cellOf, outputFormat, writeTable } from './write-table.ts';

export interface PredictFileOptions {
  readonly predictor: Predictor;
  /** CSV, JSON lines or Parquet. Columns the model does not take are ignored. */
  readonly input: AbsolutePath;
  /** Parquet, CSV or JSON lines; without it the first rows are returned. */
  readonly output?: AbsolutePath | undefined;
  /** Columns of the input that go to the output too, before the predictions. */
  readonly keep?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/** Rows of one engine call: past this nothing gets faster (research: 1024 to 8192 rows). */
const BATCH_ROWS = 4096;
const PREVIEW_ROWS = 10;

/**
 * Scores a table. The same engine with the same rows as the server, so the answers are the same bits. A model
 * that must not be batched gets its rows one by one.
 */
export async function predictFile(options: PredictFileOptions): Promise<PredictFileOutcome> {
  const { predictor, output } = options;
  const { signature } = predictor;
  if (output !== undefined) outputFormat(output);
  if (!isRowModel(signature) || signature.columns.length === 0) {
    throw new MloError('failed', 'MLO_NO_TABLE_MODEL', 'the rows of this model are no table');
  }
  const table = await openTable(options.input, { signal: options.signal });
  checkTable(table, signature);
  const scored = scoreBatches(options, table);
  const first = await scored.next();
  const schema: ColumnInfo[] =
    first.done === true ? [] : first.value.columns.map(({ name, type }) => ({ name, type }));
  const preview: (readonly LoggedValue[])[] = [];
  let rows = 0;
  const counted = async function* (): AsyncGenerator<ColumnBatch> {
    for (let next = first; next.done !== true; next = await scored.next()) {
      rows += next.value.length;
      yield next.value;
    }
  };
  if (output !== undefined) {
    await writeTable({ path: output, schema, batches: counted(), signal: options.signal });
  } else {
    for await (const batch of counted()) {
      for (let row = 0; row < batch.length && preview.length < PREVIEW_ROWS; row += 1) {
        preview.push(batch.columns.map((column) => cellOf(column, row)));
      }
    }
  }
  return {
    model: `${predictor.model.name}/${predictor.model.version}`,
    digest: predictor.model.digest,
    engine: `${predictor.engine.kind} ${predictor.engine.version}`,
    rows,
    output,
    columns: schema.map(({ name }) => name),
    preview,
  };
}

async function* scoreBatches(options: PredictFileOptions, table: Table): AsyncGenerator<ColumnBatch> {
  const { signature } = options.predictor;
  const keep = options.keep ?? [];
  const features = signature.columns.map((column) => column.name);
  let done = 0;
  for await (const batch of table.batches({ columns: [...features, ...keep], signal: options.signal })) {
    for (let start = 0; start < batch.length; start += BATCH_ROWS) {
      throwIfAborted(options.signal);
      const end = Math.min(batch.length, start + BATCH_ROWS);
      const columns = batch.columns.map((column) => sliceColumn(column, start, end));
      const outputs = await score(options.predictor, columns, end - start, batch.start + start);
      yield {
        start: batch.start + start,
        length: end - start,
        columns: [...columns.slice(features.length), ...predictionColumns(outputs, signature, keep)],
      };
      done += end - start;
      options.report?.({ type: 'progress', task: 'predict', unit: 'rows', done, total: table.rows });
    }
  }
}

async function score(
  predictor: Predictor,
  columns: readonly Column[],
  rows: number,
  firstRow: number,
): Promise<readonly NamedTensor[]> {
  const { signature } = predictor;
  const batch = rowBatchFor(signature, rows);
  const slot = batch.reserve(rows);
  for (const [at, feature] of signature.columns.entries()) {
    const column = columns[at];
    if (column !== undefined) putColumn(slot, feature, column, firstRow);
  }
  if (predictor.batching) return await predictor.run(batch.feeds());
  const alone: (readonly NamedTensor[])[] = [];
  for (let row = 0; row < rows; row += 1) alone.push(await predictor.run(batch.feeds(row, row + 1)));
  return joined(alone);
}

/** Puts the outputs of single rows behind each other. */
function joined(alone: readonly (readonly NamedTensor[])[]): readonly NamedTensor[] {
  return (alone[0] ?? []).map((first, at) => {
    const width = first.data.length;
    const data = DTYPES[first.type].make(width * alone.length);
    for (const [row, outputs] of alone.entries()) {
      const source = outputs[at]?.data ?? [];
      for (let element = 0; element < width; element += 1) {
        data[row * width + element] = source[element] ?? 0;
      }
    }
    return { ...first, dims: [alone.length, ...first.dims.slice(1)], data };
  });
}

/** One table column for each value of a row; a name that is taken gets `prediction.` before it. */
function predictionColumns(
  outputs: readonly NamedTensor[],
  signature: ModelSignature,
  taken: readonly string[],
): readonly Column[] {
  return outputs.flatMap((output) => {
    const width = elementCount(output.dims.slice(1));
    return outputColumns(output, signature.classes).map(({ name, dtype }, at) =>
      toColumn(taken.includes(name) ? `prediction.${name}` : name, dtype, {
        output,
        at,
        width,
      }),
    );
  });
}

function toColumn(
  name: string,
  dtype: DType,
  from: { readonly output: NamedTensor; readonly at: number; readonly width: number },
): Column {
  const { data } = from.output;
  const rows = data.length / from.width;
  const { family } = DTYPES[dtype];
  const value = (row: number): string | number | bigint => data[row * from.width + from.at] ?? 0;
  if (family === 'text') {
    return { name, type: 'string', values: Array.from({ length: rows }, (_, row) => String(value(row))) };
  }
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) values[row] = Number(value(row));
  return {
    name,
    type: family === 'float' ? 'float' : family === 'bool' ? 'bool' : 'int',
    values,
    nulls: undefined,
  };
}
