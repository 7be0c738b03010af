/**
 * Writes small ONNX models without Python: a protobuf encoder for the few messages a graph needs
 * (field numbers: onnx/onnx.proto). Real enough for both engines to run.
 */
export type OnnxElement = 'float32' | 'int64' | 'string' | 'float64' | 'int32' | 'bool';
export type OnnxDim = number | string;

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxElement;
  readonly shape: readonly OnnxDim[];
}

export interface OnnxNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] };

export interface OnnxInitializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly number[] | Float32Array;
  readonly type?: 'float32' | 'int64';
}

export interface OnnxModelSpec {
  readonly inputs: readonly OnnxValue[];
  /** A value without a tensor type: a sequence of maps, as sklearn's ZipMap gives. */
  readonly outputs: readonly (OnnxValue | { readonly name: string; readonly sequenceOfMaps: true })[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly OnnxInitializer[];
  readonly opset?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producer?: string;
}

const ELEMENT: Record<OnnxElement, number> = {
  float32: 1,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
};

export function onnxModel(spec: OnnxModelSpec): Uint8Array {
  const graph = message([
    ...spec.nodes.map((node) => bytesField(1, nodeProto(node))),
    stringField(2, 'graph'),
    ...(spec.initializers ?? []).map((value) => bytesField(5, tensorProto(value))),
    ...spec.inputs.map((value) => bytesField(11, valueInfo(value))),
    ...spec.outputs.map((value) =>
      bytesField(12, 'type' in value ? valueInfo(value) : sequenceInfo(value.name)),
    ),
  ]);
  return message([
    varintField(1, 8),
    stringField(2, spec.producer ?? 'mlo-test'),
    stringField(3, '1.0'),
    bytesField(7, graph),
    bytesField(8, message([stringField(1, ''), varintField(2, spec.opset ?? 17)])),
    bytesField(8, message([stringField(1, 'ai.onnx.ml'), varintField(2, 3)])),
    ...Object.entries(spec.metadata ?? {}).map(([key, value]) =>
      bytesField(14, message([stringField(1, key), stringField(2, value)])),
    ),
  ]);
}

function nodeProto(node: OnnxNode): Uint8Array {
  return message([
    ...node.inputs.map((name) => stringField(1, name)),
    ...node.outputs.map((name) => stringField(2, name)),
    stringField(3, `${node.op}_${node.outputs[0] ?? ''}`),
    stringField(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => bytesField(5, attribute(name, value))),
    ...(node.domain === undefined ? [] : [stringField(7, node.domain)]),
  ]);
}

function attribute(name: string, value: AttributeValue): Uint8Array {
  const parts = [stringField(1, name)];
  if ('float' in value) parts.push(fixed32Field(2, value.float), varintField(20, 1));
  else if ('int' in value) parts.push(varintField(3, value.int), varintField(20, 2));
  else if ('string' in value) parts.push(stringField(4, value.string), varintField(20, 3));
  else if ('floats' in value) parts.push(...value.floats.map((x) => fixed32Field(7, x)), varintField(20, 6));
  else if ('ints' in value) parts.push(...value.ints.map((x) => varintField(8, x)), varintField(20, 7));
  else parts.push(...value.strings.map((x) => stringField(9, x)), varintField(20, 8));
  return message(parts);
}

function tensorProto(value: OnnxInitializer): Uint8Array {
  const raw =
    value.type === 'int64'
      ? new Uint8Array(BigInt64Array.from([...value.data].map((x) => BigInt(x))).buffer)
      : new Uint8Array(Float32Array.from(value.data).buffer);
  return message([
    ...value.shape.map((dim) => varintField(1, dim)),
    varintField(2, ELEMENT[value.type ?? 'float32']),
    stringField(8, value.name),
    bytesField(9, raw),
  ]);
}

function valueInfo(value: OnnxValue): Uint8Array {
  const dims = value.shape.map((dim) =>
    bytesField(1, typeof dim === 'number' ? varintField(1, dim) : stringField(2, dim)),
  );
  const tensor = message([varintField(1, ELEMENT[value.type]), bytesField(2, message(dims))]);
  return message([stringField(1, value.name), bytesField(2, bytesField(1, tensor))]);
}

/** sequence(map(int64, tensor(float))) */
function sequenceInfo(name: string): Uint8Array {
  const float = bytesField(1, varintField(1, 1));
  const map = message([varintField(1, 7), bytesField(2, float)]);
  return message([stringField(1, name), bytesField(2, bytesField(4, bytesField(1, bytesField(5, map))))]);
}

function message(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(out);
}

function varintField(field: number, value: number): Uint8Array {
  return message([varint(field * 8), varint(value)]);
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return message([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function stringField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

function fixed32Field(field: number, value: number): Uint8Array {
  return message([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);
}
