import { MloError } from '#foundation/errors.ts';
import { fieldsOf, textOf, WireError, type Field } from './wire.ts';

/** A graph input or output. `dtype` is undefined for sequences, maps and optionals: `kind` names them. */
export interface GraphValue {
  readonly name: string;
  readonly kind: 'tensor' | 'sequence' | 'map' | 'optional' | 'unknown';
  readonly dtype: string | undefined;
  /** -1: free; `dimNames` holds its name, when it has one. */
  readonly shape: readonly number[];
  readonly dimNames: readonly (string | undefined)[];
}

/** Everything about a model but its weights. */
export interface OnnxHeader {
  readonly irVersion: number;
  readonly producer: string;
  readonly producerVersion: string;
  /** Domain ('' is ai.onnx) to version. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Without the initializers that old writers list among the inputs. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** Operators of the main graph, `domain.Op` outside ai.onnx, sorted. */
  readonly ops: readonly string[];
  /** True when weights lie in files beside the model. */
  readonly externalData: boolean;
}

/** TensorProto.DataType of onnx/onnx.proto, in the names of the runtimes. */
const DTYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/**
 * Reads the header of an ONNX model (ModelProto, field numbers of onnx/onnx.proto). Weights are skipped, so
 * it takes a fraction of a millisecond for any size. Throws MLO_BAD_ONNX naming `name` for anything else.
 */
export function readOnnxHeader(bytes: Uint8Array, name: string): OnnxHeader {
  try {
    return readModel(bytes, name);
  } catch (error) {
    if (error instanceof WireError) throw badOnnx(name, error.message);
    throw error;
  }
}

function badOnnx(name: string, why: string): MloError {
  return new MloError('failed', 'MLO_BAD_ONNX', `${name} is not a usable ONNX model: ${why}`);
}

function readModel(bytes: Uint8Array, name: string): OnnxHeader {
  let irVersion = 0;
  let producer = '';
  let producerVersion = '';
  let graph: Uint8Array | undefined;
  const opsets: Record<string, number> = {};
  const metadata: Record<string, string> = {};
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 0) irVersion = field.value;
    else if (field.number === 2) producer = textOf(field);
    else if (field.number === 3) producerVersion = textOf(field);
    else if (field.number === 7) graph = field.bytes;
    else if (field.number === 8) readOpset(field, opsets);
    else if (field.number === 14) {
      const [key, value] = pairOf(field);
      metadata[key] = value;
    }
  }
  if (irVersion < 1 || irVersion > 1000) throw badOnnx(name, 'it has no IR version');
  if (graph === undefined) throw badOnnx(name, 'it has no graph (empty or cut short)');
  if (Object.keys(opsets).length === 0) throw badOnnx(name, 'it names no operator set (empty or cut short)');
  return { irVersion, producer, producerVersion, opsets, metadata, ...readGraph(graph) };
}

function readOpset(field: Field, opsets: Record<string, number>): void {
  let domain = '';
  let version = 0;
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 1) domain = textOf(part);
    else if (part.number === 2) version = part.value;
  }
  opsets[domain === 'ai.onnx' ? '' : domain] = version;
}

/** StringStringEntryProto */
function pairOf(field: Field): readonly [string, string] {
  let key = '';
  let value = '';
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 1) key = textOf(part);
    else if (part.number === 2) value = textOf(part);
  }
  return [key, value];
}

type Graph = Pick<OnnxHeader, 'inputs' | 'outputs' | 'ops' | 'externalData'>;

function readGraph(bytes: Uint8Array): Graph {
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const ops = new Set<string>();
  const initializers = new Set<string>();
  let externalData = false;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) ops.add(opOf(field));
    else if (field.number === 5) {
      const tensor = initializerOf(field);
      initializers.add(tensor.name);
      externalData ||= tensor.external;
    } else if (field.number === 11) inputs.push(valueOf(field));
    else if (field.number === 12) outputs.push(valueOf(field));
  }
  return {
    inputs: inputs.filter((value) => !initializers.has(value.name)),
    outputs,
    ops: [...ops].sort(),
    externalData,
  };
}

/** NodeProto: op_type 4, domain 7. */
function opOf(field: Field): string {
  let op = '';
  let domain = '';
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 4) op = textOf(part);
    else if (part.number === 7) domain = textOf(part);
  }
  return domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;
}

/** TensorProto: name 8, data_location 14 (1: external). */
function initializerOf(field: Field): { name: string; external: boolean } {
  let name = '';
  let external = false;
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 8 && part.wire === 2) name = textOf(part);
    else if (part.number === 14 && part.wire === 0) external = part.value === 1;
  }
  return { name, external };
}

/** TypeProto: the field number of its one member. */
const KINDS: Readonly<Record<number, GraphValue['kind']>> = {
  1: 'tensor',
  4: 'sequence',
  5: 'map',
  9: 'optional',
};

/** ValueInfoProto: name 1, type 2. */
function valueOf(field: Field): GraphValue {
  let name = '';
  let type: GraphType = { kind: 'unknown', dtype: undefined, shape: [], dimNames: [] };
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 1) name = textOf(part);
    else if (part.number === 2) type = typeOf(part);
  }
  return { name, ...type };
}

type GraphType = Omit<GraphValue, 'name'>;

function typeOf(field: Field): GraphType {
  for (const part of fieldsOf(field.bytes)) {
    const kind = KINDS[part.number];
    if (kind === 'tensor') return tensorTypeOf(part);
    if (kind !== undefined) return { kind, dtype: undefined, shape: [], dimNames: [] };
  }
  return { kind: 'unknown', dtype: undefined, shape: [], dimNames: [] };
}

/** TypeProto.Tensor: elem_type 1, shape 2 with dim 1 {dim_value 1, dim_param 2}. */
function tensorTypeOf(field: Field): GraphType {
  let dtype: string | undefined;
  const shape: number[] = [];
  const dimNames: (string | undefined)[] = [];
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 1) dtype = DTYPES[part.value];
    if (part.number !== 2) continue;
    for (const dim of fieldsOf(part.bytes)) {
      if (dim.number !== 1) continue;
      const { size, label } = dimensionOf(dim);
      shape.push(size);
      dimNames.push(label);
    }
  }
  return { kind: 'tensor', dtype, shape, dimNames };
}

function dimensionOf(field: Field): { size: number; label: string | undefined } {
  for (const part of fieldsOf(field.bytes)) {
    if (part.number === 1 && part.wire === 0) return { size: part.value, label: undefined };
    if (part.number === 2) return { size: -1, label: textOf(part) };
  }
  return { size: -1, label: undefined };
}
