import { randomBytes } from 'node:crypto';
import { DTYPES, elementCount, type TensorData } from '#formats/inference/dtypes.ts';
import type { NamedTensor } from '#formats/inference/encode.ts';
import type { InputBuffer } from '#formats/inference/rows.ts';
import type { ModelSignature } from '#formats/inference/signature.ts';
import type { Answer, LogColumn, ServedModel } from './types.ts';

/** First line of a journal: what all its records share. */
export interface JournalHeader {
  readonly mlo_predictions: 1;
  readonly model: string;
  readonly version: number;
  readonly bundle: string;
  readonly inputs: readonly LogColumn[];
  readonly outputs: readonly LogColumn[];
}

/** Beyond this many outputs a row is an image or an embedding, and columns are no way to look at it. */
const MOST_OUTPUT_COLUMNS = 1024;

/**
 * An id that sorts by time: `pred_`, 12 hex digits of milliseconds since 1970, 20 random ones.
 */
export function newPredictionId(now: number): string {
  return `pred_${now.toString(16).padStart(12, '0')}${random20()}`;
}

/** One call of the system's generator serves many ids. */
let pool = '';
let used = 0;

function random20(): string {
  if (used + 20 > pool.length) {
    pool = randomBytes(2560).toString('hex');
    used = 0;
  }
  used += 20;
  return pool.slice(used - 20, used);
}

/** Milliseconds since 1970 an id was made at; undefined when it is none. */
export function timeOfPredictionId(id: string): number | undefined {
  const match = /^pred_([0-9a-f]{12})[0-9a-f]{20}$/.exec(id);
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16);
}

/** Output widths are only known from an answer, so the header is made with the first one. */
export function journalHeader(
  model: ServedModel,
  signature: ModelSignature,
  outputs: readonly NamedTensor[],
): JournalHeader {
  return {
    mlo_predictions: 1,
    model: model.name,
    version: model.version,
    bundle: model.digest,
    inputs: signature.columns.map(({ name, dtype }) => ({ name, dtype })),
    outputs: outputs.flatMap((output) => outputColumns(output, signature.classes)),
  };
}

/** `probability`, or `probability.0` … for wider outputs, with the class in place of the number when known. */
export function outputColumns(output: NamedTensor, classes: readonly string[]): readonly LogColumn[] {
  const width = elementCount(output.dims.slice(1));
  if (width > MOST_OUTPUT_COLUMNS || output.type === 'float16') return [];
  if (width === 1) return [{ name: output.name, dtype: output.type }];
  const label = (at: number): string => (classes.length === width ? (classes[at] ?? '') : String(at));
  return Array.from({ length: width }, (_, at) => ({
    name: `${output.name}.${label(at)}`,
    dtype: output.type,
  }));
}

/** One journal line. Columns by position, as the header has them; each a list with one value a row. */
export function recordLine(options: {
  readonly id: string;
  readonly time: number;
  readonly answer: Answer;
  readonly signature: ModelSignature;
}): string {
  const { id, time, answer, signature } = options;
  const inputs = signature.columns.map((column) => {
    const buffer = answer.inputs.get(column.input);
    return buffer === undefined ? '[]' : strided(buffer, answer, column.index);
  });
  const outputs = answer.outputs.flatMap((output) => outputLists(output, answer.rows));
  return `{"id":"${id}","t":${time},"rows":${answer.rows},"in":[${inputs.join(',')}],"out":[${outputs.join(',')}]}`;
}

function strided(buffer: InputBuffer, answer: Answer, index: number): string {
  const first = answer.start * buffer.width + index;
  return listOf(buffer, first, buffer.width, answer.rows);
}

function outputLists(output: NamedTensor, rows: number): readonly string[] {
  const width = elementCount(output.dims.slice(1));
  if (width > MOST_OUTPUT_COLUMNS || output.type === 'float16') return [];
  // An output without one row for each input row (a model run as one unit) is logged for the first row.
  const count = Math.min(rows, output.data.length / width);
  return Array.from({ length: width }, (_, at) => listOf(output, at, width, count));
}

/** Every `stride`-th element as JSON that reads back exactly. */
function listOf(
  source: { readonly type: InputBuffer['type']; readonly data: TensorData },
  first: number,
  stride: number,
  rows: number,
): string {
  const parts: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    parts.push(valueText(source.data[first + row * stride] ?? null, source.type));
  }
  return `[${parts.join(',')}]`;
}

function valueText(value: string | number | bigint | null, type: InputBuffer['type']): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? String(number) : `"${value}"`;
  }
  if (DTYPES[type].family === 'bool') return value === 0 ? 'false' : 'true';
  if (Number.isNaN(value)) return 'null';
  if (!Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999';
  return type === 'float32' ? String(Number(value.toPrecision(9))) : String(value);
}
