/**
 * Tensor element types: ONNX names, their typed arrays, and their names in the Open Inference Protocol.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** `bool` is one byte an element, `float16` its bits, `string` JavaScript text. */
export type TensorData = NumericArray | string[];

/** Row-major. */
export interface Tensor {
  readonly type: DType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

interface DTypeFacts {
  /** Name in the Open Inference Protocol. */
  readonly v2: string;
  readonly family: 'float' | 'int' | 'bigint' | 'bool' | 'half' | 'text';
  readonly make: (length: number) => TensorData;
  readonly min: number;
  readonly max: number;
}

const facts = (
  v2: string,
  family: DTypeFacts['family'],
  make: (length: number) => TensorData,
  range: readonly [number, number] = [-Infinity, Infinity],
): DTypeFacts => ({ v2, family, make, min: range[0], max: range[1] });

export const DTYPES: Readonly<Record<DType, DTypeFacts>> = {
  float32: facts('FP32', 'float', (n) => new Float32Array(n)),
  float64: facts('FP64', 'float', (n) => new Float64Array(n)),
  float16: facts('FP16', 'half', (n) => new Uint16Array(n)),
  int8: facts('INT8', 'int', (n) => new Int8Array(n), [-128, 127]),
  int16: facts('INT16', 'int', (n) => new Int16Array(n), [-32_768, 32_767]),
  int32: facts('INT32', 'int', (n) => new Int32Array(n), [-(2 ** 31), 2 ** 31 - 1]),
  int64: facts('INT64', 'bigint', (n) => new BigInt64Array(n)),
  uint8: facts('UINT8', 'int', (n) => new Uint8Array(n), [0, 255]),
  uint16: facts('UINT16', 'int', (n) => new Uint16Array(n), [0, 65_535]),
  uint32: facts('UINT32', 'int', (n) => new Uint32Array(n), [0, 2 ** 32 - 1]),
  uint64: facts('UINT64', 'bigint', (n) => new BigUint64Array(n)),
  bool: facts('BOOL', 'bool', (n) => new Uint8Array(n)),
  string: facts('BYTES', 'text', (n) => Array.from({ length: n }, () => '')),
};

export function isDType(text: string): text is DType {
  return Object.hasOwn(DTYPES, text);
}

/** Bytes of one element on the wire; undefined for text. */
export function elementBytes(type: DType): number | undefined {
  const empty = DTYPES[type].make(0);
  return Array.isArray(empty) ? undefined : empty.BYTES_PER_ELEMENT;
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** Elements [start, end) without a copy where the data is typed. */
export function sliceData(data: TensorData, start: number, end: number): TensorData {
  return Array.isArray(data) ? data.slice(start, end) : data.subarray(start, end);
}

/** Copies `source` to `target` at `offset`; both hold the same element type. */
export function copyData(source: TensorData, target: TensorData, offset: number): void {
  if (Array.isArray(target)) {
    for (let at = 0; at < source.length; at += 1) target[offset + at] = String(source[at] ?? '');
    return;
  }
  // Same dtype on both sides, hence the same array class.
  (target as Float64Array).set(source as Float64Array, offset);
}
