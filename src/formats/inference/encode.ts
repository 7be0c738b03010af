import { DTYPES, elementCount, sliceData, type Tensor, type TensorData } from './dtypes.ts';
import type { WantedOutput } from './decode-v2.ts';
import type { TabularForm } from './decode-tabular.ts';

/** An output of one request: its rows only. */
export interface NamedTensor extends Tensor {
  readonly name: string;
}

/** How numbers JSON does not know are written: null for V2, bare tokens for Python clients of the others. */
type NonFinite = 'null' | 'token';

/** Integers of any size and float32 with the nine digits that give the same bits back. */
function numberText(value: number | bigint, type: Tensor['type'], nonFinite: NonFinite): string {
  if (typeof value === 'bigint') return value.toString();
  if (!Number.isFinite(value)) return nonFinite === 'null' ? 'null' : String(value);
  if (type === 'float32') return String(Number(value.toPrecision(9)));
  return String(value);
}

function elementText(tensor: Tensor, at: number, nonFinite: NonFinite): string {
  const { data, type } = tensor;
  if (Array.isArray(data)) return JSON.stringify(data[at] ?? '');
  const value = data[at] ?? 0;
  if (type === 'bool') return value === 0 ? 'false' : 'true';
  return numberText(value, type, nonFinite);
}

/** Row-major elements separated by commas. */
export function flatJson(tensor: Tensor, nonFinite: NonFinite): string {
  const parts: string[] = [];
  for (let at = 0; at < tensor.data.length; at += 1) parts.push(elementText(tensor, at, nonFinite));
  return parts.join(',');
}

/** Lists nested to the tensor's shape, from dimension `depth` and element `at` on. */
function nestedJson(tensor: Tensor, depth: number, at: number): string {
  const size = tensor.dims[depth];
  if (size === undefined) return elementText(tensor, at, 'token');
  const step = elementCount(tensor.dims.slice(depth + 1));
  const items: string[] = [];
  for (let index = 0; index < size; index += 1) items.push(nestedJson(tensor, depth + 1, at + index * step));
  return `[${items.join(',')}]`;
}

export interface V2Answer {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly outputs: readonly NamedTensor[];
}

/** `jsonLength` is set when binary tensors follow the JSON. */
export interface EncodedV2 {
  readonly body: Buffer;
  readonly jsonLength: number | undefined;
}

export function encodeV2(answer: V2Answer, wanted: readonly WantedOutput[]): EncodedV2 {
  const binaries: Uint8Array[] = [];
  const outputs = wanted.flatMap(({ name, binary }) => {
    const tensor = answer.outputs.find((output) => output.name === name);
    if (tensor === undefined) return [];
    const head = `{"name":${JSON.stringify(name)},"datatype":"${DTYPES[tensor.type].v2}","shape":[${tensor.dims.join(',')}]`;
    // Half floats have no JSON form.
    if (!binary && tensor.type !== 'float16') return [`${head},"data":[${flatJson(tensor, 'null')}]}`];
    const bytes = binaryOf(tensor);
    binaries.push(bytes);
    return [`${head},"parameters":{"binary_data_size":${bytes.length}}}`];
  });
  const json =
    `{"model_name":${JSON.stringify(answer.modelName)},"model_version":${JSON.stringify(answer.modelVersion)},` +
    `"id":${JSON.stringify(answer.id)},"parameters":${JSON.stringify(answer.parameters)},"outputs":[${outputs.join(',')}]}`;
  const head = Buffer.from(json, 'utf8');
  if (binaries.length === 0) return { body: head, jsonLength: undefined };
  return { body: Buffer.concat([head, ...binaries]), jsonLength: head.length };
}

/** Little-endian, row-major; text as uint32 length and bytes. */
function binaryOf(tensor: Tensor): Uint8Array {
  const { data } = tensor;
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** TensorFlow Serving's answer: `predictions` by row, or `outputs` by tensor; one tensor drops its name. */
export function encodeV1(outputs: readonly NamedTensor[], form: TabularForm, rows: number): string {
  if (form === 'columns') {
    const only = outputs.length === 1 ? outputs[0] : undefined;
    if (only !== undefined) return `{"outputs":${nestedJson(only, 0, 0)}}`;
    const members = outputs.map((output) => `${JSON.stringify(output.name)}:${nestedJson(output, 0, 0)}`);
    return `{"outputs":{${members.join(',')}}}`;
  }
  return `{"predictions":[${rowsJson(outputs, rows, false).join(',')}]}`;
}

/** MLflow's answer: always an object with `predictions`; a column of one value a row is a list of values. */
export function encodeInvocations(outputs: readonly NamedTensor[], form: TabularForm, rows: number): string {
  if (form !== 'columns') return `{"predictions":[${rowsJson(outputs, rows, form === 'frame').join(',')}]}`;
  const only = outputs.length === 1 ? outputs[0] : undefined;
  if (only !== undefined) return `{"predictions":${nestedJson(only, 0, 0)}}`;
  const members = outputs.map((output) => `${JSON.stringify(output.name)}:${nestedJson(output, 0, 0)}`);
  return `{"predictions":{${members.join(',')}}}`;
}

/** `scalars`: rows of one element are written without a list around them. */
function rowsJson(outputs: readonly NamedTensor[], rows: number, scalars: boolean): string[] {
  const texts: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const members = outputs.map((output) => [output.name, rowJson(output, row, scalars)] as const);
    const only = members.length === 1 ? members[0] : undefined;
    if (only !== undefined) texts.push(only[1]);
    else texts.push(`{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`);
  }
  return texts;
}

function rowJson(output: NamedTensor, row: number, scalars: boolean): string {
  const width = elementCount(output.dims.slice(1));
  if (scalars && width === 1) return elementText(output, row, 'token');
  return nestedJson(output, 1, row * width);
}

/** Rows [start, start + rows) of a batch's output. `total` is the number of rows the batch had. */
export function outputRows(output: NamedTensor, total: number, start: number, rows: number): NamedTensor {
  if (start === 0 && rows === total) return output;
  const width = output.data.length / total;
  const data: TensorData = sliceData(output.data, start * width, (start + rows) * width);
  return { ...output, dims: [rows, ...output.dims.slice(1)], data };
}
