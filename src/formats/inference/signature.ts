import { isDType, type DType } from './dtypes.ts';
import type { GraphValue, OnnxHeader } from '../onnx/model-header.ts';
import { MloError } from '#foundation/errors.ts';

/** One tensor of the graph. -1 is a free dimension. */
export interface SignatureTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** One feature of a row: element `index` of the row of graph input `input`. */
export interface SignatureColumn {
  readonly name: string;
  readonly dtype: DType;
  readonly input: string;
  readonly index: number;
}

/** What goes in and comes out; `signature.json` of a bundle. */
export interface ModelSignature {
  readonly version: 1;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
  /** Features in order; empty when rows have no fixed width. */
  readonly columns: readonly SignatureColumn[];
  /** Names of the classes of a classifier, in the order of its outputs; empty when not told. */
  readonly classes: readonly string[];
}

/** What a signature file beside the model (`models.<name>.signature`) may tell. */
export interface SignatureHints {
  readonly columns?: readonly { readonly name: string; readonly dtype?: string | undefined }[] | undefined;
  readonly classes?: readonly string[] | undefined;
}

/** Beyond this many features a row is an image or a text, not a table. */
const MOST_COLUMNS = 16_384;

/** Elements of one row of an input, or undefined when a row has no fixed width. */
export function rowSize(tensor: SignatureTensor): number | undefined {
  if (tensor.shape[0] !== -1) return undefined;
  let size = 1;
  for (const dim of tensor.shape.slice(1)) {
    if (dim < 1) return undefined;
    size *= dim;
  }
  return size;
}

/** Rows of several requests can be put behind each other: all inputs and outputs have a free first dimension. */
export function isRowModel(signature: ModelSignature): boolean {
  return (
    signature.inputs.length > 0 &&
    signature.inputs.every((tensor) => rowSize(tensor) !== undefined) &&
    signature.outputs.every((tensor) => tensor.shape.length === 0 || tensor.shape[0] === -1)
  );
}

/**
 * The signature of a graph. Column names: the hints', else the metadata property `mlo.columns` (JSON list or
 * comma-separated), else the input's name, with the position behind it when the input is wider than one.
 * Throws MLO_BAD_SIGNATURE when hints and graph disagree, MLO_NOT_A_TENSOR for sequences and maps.
 */
export function signatureOf(header: OnnxHeader, name: string, hints: SignatureHints = {}): ModelSignature {
  const inputs = header.inputs.map((value) => tensorOf(value, 'input', name));
  const outputs = header.outputs.map((value) => tensorOf(value, 'output', name));
  const derived = derivedColumns(inputs);
  const told = hints.columns ?? metadataColumns(header);
  const columns = told === undefined || derived.length === 0 ? derived : renamed(derived, told, name);
  return { version: 1, inputs, outputs, columns, classes: hints.classes ?? metadataClasses(header) };
}

function tensorOf(value: GraphValue, role: 'input' | 'output', name: string): SignatureTensor {
  if (value.kind === 'tensor' && value.dtype !== undefined && isDType(value.dtype)) {
    return { name: value.name, dtype: value.dtype, shape: value.shape };
  }
  const what = value.kind === 'tensor' ? `of type ${value.dtype ?? 'unknown'}` : `a ${value.kind}`;
  throw new MloError(
    'failed',
    'MLO_NOT_A_TENSOR',
    `${name}: the ${role} "${value.name}" is ${what}; only tensors can be served`,
    value.kind === 'sequence'
      ? { hint: 'export without ZipMap: skl2onnx.to_onnx(model, X, options={"zipmap": False})' }
      : {},
  );
}

function derivedColumns(inputs: readonly SignatureTensor[]): readonly SignatureColumn[] {
  const columns: SignatureColumn[] = [];
  for (const input of inputs) {
    const size = rowSize(input);
    if (size === undefined || columns.length + size > MOST_COLUMNS) return [];
    for (let index = 0; index < size; index += 1) {
      const name = size === 1 ? input.name : `${input.name}_${index}`;
      columns.push({ name, dtype: input.dtype, input: input.name, index });
    }
  }
  return columns;
}

function renamed(
  derived: readonly SignatureColumn[],
  told: readonly { readonly name: string; readonly dtype?: string | undefined }[],
  name: string,
): readonly SignatureColumn[] {
  if (told.length !== derived.length) {
    throw badSignature(
      `${name}: the signature names ${told.length} columns, the graph takes ${derived.length}: ${derived
        .slice(0, 8)
        .map((column) => column.name)
        .join(', ')}${derived.length > 8 ? ', …' : ''}`,
    );
  }
  const byName = new Map(derived.map((column) => [column.name, column]));
  const sameNames = told.every((column) => byName.has(column.name));
  const columns = told.map((column, at) => {
    const graph = (sameNames ? byName.get(column.name) : derived[at]) ?? derived[0];
    if (graph === undefined) throw badSignature(`${name}: the graph has no inputs`);
    if (column.dtype !== undefined && column.dtype !== graph.dtype) {
      throw badSignature(
        `${name}: the signature says column "${column.name}" is ${column.dtype}, the graph takes ${graph.dtype}`,
      );
    }
    return { ...graph, name: column.name };
  });
  const names = new Set(columns.map((column) => column.name));
  if (names.size < columns.length) throw badSignature(`${name}: the signature names a column twice`);
  return columns;
}

function badSignature(message: string): MloError {
  return new MloError('config', 'MLO_BAD_SIGNATURE', message, {
    hint: 'correct the file named by models.<name>.signature in mlo.yaml',
  });
}

function metadataColumns(header: OnnxHeader): readonly { name: string }[] | undefined {
  const names = listOf(header.metadata['mlo.columns']);
  return names.length === 0 ? undefined : names.map((name) => ({ name }));
}

function metadataClasses(header: OnnxHeader): readonly string[] {
  return listOf(header.metadata['mlo.classes']);
}

function listOf(text: string | undefined): readonly string[] {
  if (text === undefined || text.trim() === '') return [];
  if (!text.trimStart().startsWith('[')) return text.split(',').map((part) => part.trim());
  try {
    return (JSON.parse(text) as unknown[]).map(String);
  } catch {
    return [];
  }
}
