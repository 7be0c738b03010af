import { DTYPES, elementBytes, elementCount } from './dtypes.ts';
import { putNested } from './fill.ts';
import { requestError, shown } from './request-error.ts';
import type { InputBuffer, RowSink } from './rows.ts';
import { isRowModel, rowSize, type ModelSignature, type SignatureTensor } from './signature.ts';
import { parseTolerantJson } from './tolerant-json.ts';

/** One output the client asked for, and how. */
export interface WantedOutput {
  readonly name: string;
  readonly binary: boolean;
}

export interface V2Request {
  readonly id: string | undefined;
  readonly outputs: readonly WantedOutput[];
  /** Microseconds, as Triton's `timeout` parameter has it. */
  readonly timeoutUs: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Decodes an Open Inference Protocol request with or without the binary tensor extension and writes its rows
 * into the sink. `jsonLength` is the header Inference-Header-Content-Length (0: the body is one raw tensor of
 * a single-input model). Throws MLO_BAD_REQUEST naming the field.
 */
export function decodeV2(
  body: Buffer,
  jsonLength: number | undefined,
  signature: ModelSignature,
  sink: RowSink,
): V2Request {
  if (jsonLength === 0) return decodeRaw(body, signature, sink);
  if (jsonLength !== undefined && jsonLength > body.length) {
    throw requestError('Inference-Header-Content-Length', `${jsonLength} is more than the body holds`);
  }
  const request = parseTolerantJson(body.toString('utf8', 0, jsonLength));
  if (!isObject(request)) throw requestError('', 'the body must be a JSON object with "inputs"');
  const parameters = isObject(request['parameters']) ? request['parameters'] : {};
  const outputs = wantedOutputs(request, parameters, signature);
  const binary = jsonLength === undefined ? Buffer.alloc(0) : body.subarray(jsonLength);
  const inputs = readInputs(request, signature);
  refuseInvented(inputs, body.length - binary.length);
  decodeInputs(inputs, binary, signature, sink);
  const timeout = parameters['timeout'];
  return {
    id: typeof request['id'] === 'string' ? request['id'] : undefined,
    outputs,
    timeoutUs: typeof timeout === 'number' && timeout > 0 ? timeout : undefined,
  };
}

interface V2Input {
  readonly field: string;
  readonly tensor: SignatureTensor;
  readonly shape: readonly number[];
  readonly data: readonly unknown[] | undefined;
  readonly binarySize: number | undefined;
}

function readInputs(request: Json, signature: ModelSignature): readonly V2Input[] {
  const list = request['inputs'];
  if (!Array.isArray(list)) throw requestError('inputs', `expected a list of tensors, found ${shown(list)}`);
  const inputs = list.map((item: unknown, index) => readInput(item, `inputs[${index}]`, signature));
  const given = new Set(inputs.map((input) => input.tensor.name));
  if (given.size < inputs.length) throw requestError('inputs', 'a tensor is given twice');
  for (const tensor of signature.inputs) {
    if (!given.has(tensor.name)) throw requestError('inputs', `the tensor "${tensor.name}" is missing`);
  }
  return inputs;
}

function readInput(item: unknown, at: string, signature: ModelSignature): V2Input {
  if (!isObject(item)) throw requestError(at, `expected an object, found ${shown(item)}`);
  const tensor = signature.inputs.find((known) => known.name === item['name']);
  if (tensor === undefined) {
    const names = signature.inputs.map((known) => known.name).join(', ');
    throw requestError(`${at}.name`, `the model has no input ${shown(item['name'])}; it has ${names}`);
  }
  const field = `${at} (${tensor.name})`;
  const datatype = item['datatype'];
  if (datatype !== DTYPES[tensor.dtype].v2) {
    throw requestError(`${field}.datatype`, `expected ${DTYPES[tensor.dtype].v2}, found ${shown(datatype)}`);
  }
  const shape = readShape(item['shape'], tensor, field);
  const parameters = isObject(item['parameters']) ? item['parameters'] : {};
  const size = parameters['binary_data_size'];
  if (typeof size === 'number') {
    if ('data' in item) throw requestError(field, 'has both "data" and "binary_data_size"');
    return { field, tensor, shape, data: undefined, binarySize: size };
  }
  const data = item['data'];
  if (!Array.isArray(data)) throw requestError(`${field}.data`, `expected a list, found ${shown(data)}`);
  return { field, tensor, shape, data, binarySize: undefined };
}

function readShape(value: unknown, tensor: SignatureTensor, field: string): readonly number[] {
  const ok = Array.isArray(value) && value.every((dim) => Number.isSafeInteger(dim) && (dim as number) >= 0);
  if (!ok) throw requestError(`${field}.shape`, `expected a list of sizes, found ${shown(value)}`);
  const shape = value as readonly number[];
  const width = rowSize(tensor);
  // [N] for [N, 1] and the other way round: the same elements, and clients write both.
  const sameRows = width === 1 && elementCount(shape.slice(1)) === 1 && shape.length > 0;
  const fits =
    shape.length === tensor.shape.length &&
    tensor.shape.every((size, at) => size === -1 || size === shape[at]);
  if (fits || sameRows) return shape;
  throw requestError(`${field}.shape`, `expected [${tensor.shape.join(', ')}], found [${shape.join(', ')}]`);
}

function decodeInputs(
  inputs: readonly V2Input[],
  binary: Buffer,
  signature: ModelSignature,
  sink: RowSink,
): void {
  const rows = inputs[0]?.shape[0] ?? 1;
  const rowModel = isRowModel(signature);
  if (rowModel) {
    for (const input of inputs) {
      if (input.shape[0] === rows) continue;
      throw requestError(`${input.field}.shape`, `${input.shape[0] ?? 0} rows, other inputs have ${rows}`);
    }
    if (rows === 0) throw requestError('inputs', 'no rows');
  }
  let announced = 0;
  for (const input of inputs) announced += checkedSize(input);
  if (announced > binary.length) throw requestError('inputs', 'the binary data is shorter than announced');
  const dims = new Map(inputs.map((input) => [input.tensor.name, input.shape]));
  const slot = rowModel ? sink.reserve(rows) : sink.reserve(1, dims);
  let offset = 0;
  for (const input of inputs) {
    const target = slot.inputs.get(input.tensor.name);
    if (target === undefined) continue;
    const count = elementCount(input.shape);
    const start = slot.offset * target.width;
    if (input.data !== undefined) {
      putNested(target, start, { data: input.data, count, field: `${input.field}.data` });
    } else {
      const end = offset + (input.binarySize ?? 0);
      putBinary(target, start, binary.subarray(offset, end), { count, field: input.field });
      offset = end;
    }
  }
}

/** A shape must not allocate more than the body can hold: JSON takes two characters an element at least. */
function refuseInvented(inputs: readonly V2Input[], jsonBytes: number): void {
  for (const input of inputs) {
    const count = input.data === undefined ? 0 : elementCount(input.shape);
    if (count <= jsonBytes) continue;
    throw requestError(`${input.field}.shape`, `[${input.shape.join(', ')}] is more than the body holds`);
  }
}

/** Bytes of an input's binary part, after checking that its shape fits what was sent. */
function checkedSize(input: V2Input): number {
  const count = elementCount(input.shape);
  if (input.binarySize === undefined) {
    if (input.data !== undefined && count > 0 && input.data.length === 0) {
      throw requestError(`${input.field}.data`, `0 elements, but its shape says ${count}`);
    }
    const flat = input.data !== undefined && !Array.isArray(input.data[0]);
    if (flat && input.data !== undefined && input.data.length !== count) {
      throw requestError(`${input.field}.data`, `${input.data.length} elements, but its shape says ${count}`);
    }
    if (!flat && input.data !== undefined && input.data.length !== input.shape[0]) {
      throw requestError(
        `${input.field}.data`,
        `${input.data.length} rows, but its shape says ${input.shape[0] ?? 0}`,
      );
    }
    return 0;
  }
  const bytes = elementBytes(input.tensor.dtype);
  const least = bytes === undefined ? count * 4 : count * bytes;
  const fits = bytes === undefined ? input.binarySize >= least : input.binarySize === least;
  if (fits) return input.binarySize;
  throw requestError(
    `${input.field}.parameters.binary_data_size`,
    `${input.binarySize} bytes do not hold ${count} ${DTYPES[input.tensor.dtype].v2} elements`,
  );
}

/** Little-endian; the source starts at any byte, so it is copied and never viewed. */
function putBinary(
  target: InputBuffer,
  start: number,
  source: Buffer,
  expected: { readonly count: number; readonly field: string },
): void {
  const { data } = target;
  if (Array.isArray(data)) {
    putBytesElements(data, start, source, expected);
    return;
  }
  const size = data.BYTES_PER_ELEMENT;
  new Uint8Array(data.buffer, data.byteOffset + start * size, expected.count * size).set(source);
}

/** Each element is a little-endian uint32 length and its bytes. */
function putBytesElements(
  data: string[],
  start: number,
  source: Buffer,
  expected: { readonly count: number; readonly field: string },
): void {
  let at = 0;
  for (let index = 0; index < expected.count; index += 1) {
    const end = at + 4 <= source.length ? at + 4 + source.readUInt32LE(at) : Infinity;
    if (end > source.length) throw requestError(expected.field, `its bytes end in element ${index}`);
    data[start + index] = source.toString('utf8', at + 4, end);
    at = end;
  }
  if (at !== source.length) throw requestError(expected.field, 'bytes are left behind the last element');
}

function decodeRaw(body: Buffer, signature: ModelSignature, sink: RowSink): V2Request {
  const tensor = signature.inputs[0];
  const width = tensor === undefined ? undefined : rowSize(tensor);
  if (tensor === undefined || width === undefined || signature.inputs.length > 1) {
    throw requestError('', 'a raw request needs a model with one input of fixed width');
  }
  const bytes = elementBytes(tensor.dtype);
  if (bytes !== undefined && body.length !== bytes * width) {
    throw requestError('', `the body has ${body.length} bytes, one row has ${bytes * width}`);
  }
  const slot = sink.reserve(1);
  const target = slot.inputs.get(tensor.name);
  if (target !== undefined) {
    putBinary(target, slot.offset * width, body, { count: width, field: tensor.name });
  }
  const outputs = signature.outputs.map((output) => ({ name: output.name, binary: true }));
  return { id: undefined, outputs, timeoutUs: undefined };
}

function wantedOutputs(request: Json, parameters: Json, signature: ModelSignature): readonly WantedOutput[] {
  const all = parameters['binary_data_output'] === true;
  const list = request['outputs'];
  if (list === undefined || list === null || (Array.isArray(list) && list.length === 0)) {
    return signature.outputs.map((output) => ({ name: output.name, binary: all }));
  }
  if (!Array.isArray(list)) throw requestError('outputs', `expected a list, found ${shown(list)}`);
  return list.map((item: unknown, index) => {
    const name = isObject(item) ? item['name'] : undefined;
    const known = signature.outputs.find((output) => output.name === name);
    if (known === undefined) {
      throw requestError(`outputs[${index}].name`, `the model has no output ${shown(name)}`);
    }
    const own =
      isObject(item) && isObject(item['parameters']) ? item['parameters']['binary_data'] : undefined;
    return { name: known.name, binary: typeof own === 'boolean' ? own : all };
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
