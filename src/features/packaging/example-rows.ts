import { readdir, stat } from 'node:fs/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { isTablePath, openTable } from '#adapters/tables/open-table.ts';
import type { Column } from '#adapters/tables/table.ts';
import { joinPath } from '#foundation/paths.ts';
import { copyData, DTYPES, sliceData } from '#formats/inference/dtypes.ts';
import { putCells } from '#formats/inference/decode-tabular.ts';
import { decodeExample } from '#formats/inference/example.ts';
import { batchFor, type FeedBatch } from '#formats/inference/rows.ts';
import { isRowModel, type ModelSignature } from '#formats/inference/signature.ts';

/** Rows of the example a bundle carries when none is given. */
const EXAMPLE_ROWS = 3;
/** Rows on which batching is tried: more than any vector width, so that tails of loops are met too. */
const TRIAL_ROWS = 67;

/**
 * The example request: the user's own, else the first rows of the reference data, else one row of zeros.
 * Throws MLO_BAD_REQUEST when the user's example does not fit the model.
 */
export async function exampleBatch(
  signature: ModelSignature,
  exampleText: string | undefined,
  reference: AbsolutePath | undefined,
): Promise<FeedBatch> {
  const batch = batchFor(signature, EXAMPLE_ROWS);
  if (exampleText !== undefined) {
    decodeExample(exampleText, signature, batch);
    return batch;
  }
  if (reference !== undefined && (await putReferenceRows(signature, reference, batch, EXAMPLE_ROWS))) {
    return batch;
  }
  batch.reserve(1);
  return batch;
}

/** Rows that differ from each other, for trying out batching: reference rows, else the example varied. */
export async function trialBatch(
  signature: ModelSignature,
  example: FeedBatch,
  reference: AbsolutePath | undefined,
): Promise<FeedBatch> {
  const batch = batchFor(signature, TRIAL_ROWS);
  if (!isRowModel(signature)) return example;
  if (reference !== undefined && (await putReferenceRows(signature, reference, batch, TRIAL_ROWS))) {
    return batch;
  }
  const slot = batch.reserve(TRIAL_ROWS);
  for (const [name, target] of slot.inputs) {
    const source = example.inputs.get(name);
    if (source === undefined) continue;
    for (let row = 0; row < TRIAL_ROWS; row += 1) {
      const from = (row % example.rows) * source.width;
      copyData(sliceData(source.data, from, from + source.width), target.data, row * target.width);
      if (!Array.isArray(target.data) && DTYPES[target.type].family === 'float') {
        for (let at = row * target.width; at < (row + 1) * target.width; at += 1) {
          target.data[at] = Number(target.data[at] ?? 0) + Math.sin(at) * (1 + row / 8);
        }
      }
    }
  }
  return batch;
}

/** False when the data has not all columns of the model. */
async function putReferenceRows(
  signature: ModelSignature,
  reference: AbsolutePath,
  batch: FeedBatch,
  most: number,
): Promise<boolean> {
  const file = await firstTable(reference);
  if (file === undefined || signature.columns.length === 0 || !isRowModel(signature)) return false;
  const table = await openTable(file);
  const names = signature.columns.map((column) => column.name);
  const has = new Set(table.columns.map((column) => column.name));
  if (table.rows === 0 || !names.every((name) => has.has(name))) return false;
  for await (const { columns, length } of table.batches({ columns: names })) {
    if (length === 0) continue;
    const rows = Math.min(most, length);
    putCells(batch.reserve(rows), signature, (row, column) =>
      cellOf(columns[column], row, signature.columns[column]?.dtype ?? 'float32'),
    );
    return true;
  }
  return false;
}

/** A table's value as the JSON value the signature's type expects. */
function cellOf(column: Column | undefined, row: number, dtype: keyof typeof DTYPES): unknown {
  const value = column?.values[row] ?? null;
  if (typeof value !== 'number') return DTYPES[dtype].family === 'text' ? (value ?? '') : value;
  if (DTYPES[dtype].family === 'text') return String(value);
  return Number.isNaN(value) && DTYPES[dtype].family === 'float' ? null : value;
}

async function firstTable(path: AbsolutePath): Promise<AbsolutePath | undefined> {
  if ((await stat(path)).isFile()) return isTablePath(path) ? path : undefined;
  const names = (await readdir(path)).filter((name) => isTablePath(name)).toSorted();
  return names[0] === undefined ? undefined : joinPath(path, names[0]);
}
