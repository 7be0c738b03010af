import { elementCount } from './dtypes.ts';
import { nestedShape, putNested, putValue, valueFromText } from './fill.ts';
import { requestError, shown } from './request-error.ts';
import type { RowSink, RowSlot } from './rows.ts';
import { isRowModel, rowSize, type ModelSignature } from './signature.ts';

type Json = Readonly<Record<string, unknown>>;

/** `instances` and data frames are answered by row, `inputs` by tensor. */
export type TabularForm = 'rows' | 'columns' | 'frame';

/**
 * TensorFlow Serving and KServe V1: exactly one of `instances` (a list of rows) and `inputs` (tensors).
 * https://github.com/tensorflow/serving/blob/master/tensorflow_serving/g3doc/api_rest.md
 */
export function decodeV1(body: unknown, signature: ModelSignature, sink: RowSink): TabularForm {
  const { key, value } = exactlyOne(body, ['instances', 'inputs']);
  return key === 'instances'
    ? decodeInstances(value, signature, sink)
    : decodeTensors(value, signature, sink);
}

/** MLflow's scoring server: one of dataframe_split, dataframe_records, instances, inputs. */
export function decodeInvocations(body: unknown, signature: ModelSignature, sink: RowSink): TabularForm {
  const { key, value } = exactlyOne(body, ['dataframe_split', 'dataframe_records', 'instances', 'inputs']);
  switch (key) {
    case 'dataframe_split':
      return decodeSplit(value, signature, sink);
    case 'dataframe_records':
      return decodeRecords(value, { field: key, signature, sink, form: 'frame' });
    case 'instances':
      return decodeInstances(value, signature, sink);
    default:
      return decodeTensors(value, signature, sink);
  }
}

/** A table whose first line names the columns; fields may be quoted. */
export function decodeCsv(text: string, signature: ModelSignature, sink: RowSink): TabularForm {
  const [header, ...lines] = parseCsv(text);
  if (header === undefined) throw requestError('', 'the CSV is empty; its first line must name the columns');
  const types = new Map(signature.columns.map((column) => [column.name, column.dtype]));
  const rows = lines.map((line) =>
    line.map((value, at) => valueFromText(value, types.get(header[at] ?? '') ?? 'string')),
  );
  putTable(header, rows, { signature, sink, field: 'line' });
  return 'frame';
}

function exactlyOne(body: unknown, keys: readonly string[]): { key: string; value: unknown } {
  const wanted = keys.map((key) => `"${key}"`).join(', ');
  if (!isObject(body)) throw requestError('', `the body must be a JSON object with one of ${wanted}`);
  const given = keys.filter((key) => Object.hasOwn(body, key));
  const key = given[0];
  if (key === undefined || given.length > 1) {
    throw requestError('', `the body must hold exactly one of ${wanted}; it holds ${given.length}`);
  }
  return { key, value: body[key] };
}

function decodeSplit(value: unknown, signature: ModelSignature, sink: RowSink): TabularForm {
  const field = 'dataframe_split';
  const columns = isObject(value) ? value['columns'] : undefined;
  const data = isObject(value) ? value['data'] : undefined;
  if (!Array.isArray(columns) || !columns.every((name) => typeof name === 'string')) {
    throw requestError(`${field}.columns`, 'expected a list of column names');
  }
  if (!Array.isArray(data)) throw requestError(`${field}.data`, 'expected a list of rows');
  const rows = data.map((row: unknown, at): readonly unknown[] => {
    if (Array.isArray(row)) return row;
    throw requestError(`${field}.data[${at}]`, `expected a list, found ${shown(row)}`);
  });
  putTable(columns, rows, { signature, sink, field: `${field}.data` });
  return 'frame';
}

/** Rows as lists, with their column names: any order, but no unknown, missing or repeated column. */
function putTable(
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  to: { readonly signature: ModelSignature; readonly sink: RowSink; readonly field: string },
): void {
  const { signature, sink, field } = to;
  needColumns(signature);
  const known = new Set(signature.columns.map((column) => column.name));
  for (const name of header) if (!known.has(name)) throw unknownColumn(name, signature);
  if (new Set(header).size < header.length) throw requestError(field, 'a column is named twice');
  const places = signature.columns.map((column) => {
    const at = header.indexOf(column.name);
    if (at === -1) throw requestError(column.name, 'the column is missing');
    return at;
  });
  for (const [at, row] of rows.entries()) {
    if (row.length !== header.length) {
      throw requestError(`${field}[${at}]`, `${row.length} values for ${header.length} columns`);
    }
  }
  if (rows.length === 0) throw requestError(field, 'no rows');
  putCells(sink.reserve(rows.length), signature, (row, column) => rows[row]?.[places[column] ?? 0]);
}

function decodeInstances(value: unknown, signature: ModelSignature, sink: RowSink): TabularForm {
  if (!Array.isArray(value))
    throw requestError('instances', `expected a list of rows, found ${shown(value)}`);
  if (value.length === 0) throw requestError('instances', 'no rows');
  if (isObject(value[0]) && !('b64' in value[0])) {
    return decodeRecords(value, { field: 'instances', signature, sink, form: 'rows' });
  }
  const only = signature.inputs[0];
  if (only !== undefined && signature.inputs.length === 1) {
    putTensors(new Map([[only.name, value]]), 'instances', signature, sink);
    return 'rows';
  }
  if (!Array.isArray(value[0])) {
    const names = signature.inputs.map((input) => input.name).join(', ');
    throw requestError('instances[0]', `expected an object with ${names}`);
  }
  const header = signature.columns.map((column) => column.name);
  putTable(header, value as unknown[][], { signature, sink, field: 'instances' });
  return 'rows';
}

function decodeRecords(
  value: unknown,
  to: {
    readonly field: string;
    readonly signature: ModelSignature;
    readonly sink: RowSink;
    readonly form: TabularForm;
  },
): TabularForm {
  const { field, signature, sink } = to;
  if (!Array.isArray(value)) throw requestError(field, `expected a list of rows, found ${shown(value)}`);
  if (value.length === 0) throw requestError(field, 'no rows');
  const records = value.map((record: unknown, at) => {
    if (isObject(record)) return record;
    throw requestError(`${field}[${at}]`, `expected an object, found ${shown(record)}`);
  });
  if (!fitsColumns(records[0] ?? {}, signature)) {
    putTensors(collectTensors(records, field, signature), field, signature, sink);
    return to.form;
  }
  needColumns(signature);
  const known = new Set(signature.columns.map((column) => column.name));
  for (const [at, record] of records.entries()) checkRecord(record, known, `${field}[${at}]`, signature);
  putCells(sink.reserve(records.length), signature, (row, column) => {
    const name = signature.columns[column]?.name ?? '';
    const cell = records[row]?.[name];
    // A [1]-shaped value of one row, as TensorFlow clients send it.
    return Array.isArray(cell) && cell.length === 1 ? (cell[0] as unknown) : cell;
  });
  return to.form;
}

function checkRecord(
  record: Json,
  known: ReadonlySet<string>,
  field: string,
  signature: ModelSignature,
): void {
  for (const name of Object.keys(record)) if (!known.has(name)) throw unknownColumn(name, signature);
  for (const column of signature.columns) {
    if (!Object.hasOwn(record, column.name))
      throw requestError(`${field}.${column.name}`, 'the column is missing');
  }
}

/** Records name columns, unless the model's inputs are wider than a column and the record names inputs. */
function fitsColumns(record: Json, signature: ModelSignature): boolean {
  const names = Object.keys(record);
  const columns = new Set(signature.columns.map((column) => column.name));
  if (names.every((name) => columns.has(name))) return true;
  return !names.every((name) => signature.inputs.some((input) => input.name === name));
}

function collectTensors(
  records: readonly Json[],
  field: string,
  signature: ModelSignature,
): Map<string, unknown[]> {
  const tensors = new Map<string, unknown[]>();
  for (const input of signature.inputs) {
    const rows = records.map((record, at) => {
      if (Object.hasOwn(record, input.name)) return record[input.name];
      throw requestError(`${field}[${at}].${input.name}`, 'the input is missing');
    });
    tensors.set(input.name, rows);
  }
  return tensors;
}

function decodeTensors(value: unknown, signature: ModelSignature, sink: RowSink): TabularForm {
  const tensors = new Map<string, unknown[]>();
  if (Array.isArray(value)) {
    const only = signature.inputs[0];
    if (only === undefined || signature.inputs.length > 1) {
      throw requestError(
        'inputs',
        `expected an object with ${signature.inputs.map((t) => t.name).join(', ')}`,
      );
    }
    tensors.set(only.name, value);
  } else if (isObject(value)) {
    for (const [name, data] of Object.entries(value)) {
      if (!signature.inputs.some((input) => input.name === name)) throw unknownColumn(name, signature);
      if (!Array.isArray(data)) throw requestError(`inputs.${name}`, `expected a list, found ${shown(data)}`);
      tensors.set(name, data);
    }
    for (const input of signature.inputs) {
      if (!tensors.has(input.name)) throw requestError(`inputs.${input.name}`, 'the input is missing');
    }
  } else {
    throw requestError('inputs', `expected tensors, found ${shown(value)}`);
  }
  putTensors(tensors, 'inputs', signature, sink);
  return 'columns';
}

function putTensors(
  tensors: ReadonlyMap<string, readonly unknown[]>,
  field: string,
  signature: ModelSignature,
  sink: RowSink,
): void {
  const shapes = new Map([...tensors].map(([name, data]) => [name, nestedShape(data)]));
  const rows = tensors.values().next().value?.length ?? 0;
  const rowModel = isRowModel(signature);
  for (const input of signature.inputs) {
    const data = tensors.get(input.name) ?? [];
    const at = signature.inputs.length === 1 ? field : `${field}.${input.name}`;
    if (data.length !== rows) throw requestError(at, `${data.length} rows, other inputs have ${rows}`);
    if (rows === 0) throw requestError(at, 'no rows');
    const shape = shapes.get(input.name) ?? [];
    const width = rowSize(input);
    const sameRows = width === 1 && elementCount(shape.slice(1)) === 1;
    const fits =
      shape.length === input.shape.length &&
      input.shape.every((size, dim) => size === -1 || size === shape[dim]);
    if (!fits && !sameRows) {
      throw requestError(at, `expected shape [${input.shape.join(', ')}], found [${shape.join(', ')}]`);
    }
  }
  const slot = rowModel ? sink.reserve(rows) : sink.reserve(1, shapes);
  for (const input of signature.inputs) {
    const target = slot.inputs.get(input.name);
    const data = tensors.get(input.name);
    if (target === undefined || data === undefined) continue;
    const count = elementCount(shapes.get(input.name) ?? []);
    const at = signature.inputs.length === 1 ? field : `${field}.${input.name}`;
    putNested(target, slot.offset * target.width, { data, count, field: at });
  }
}

/** Writes cell by cell, column by column. */
export function putCells(
  slot: RowSlot,
  signature: ModelSignature,
  cell: (row: number, column: number) => unknown,
): void {
  for (const [at, column] of signature.columns.entries()) {
    const target = slot.inputs.get(column.input);
    if (target === undefined) continue;
    for (let row = 0; row < slot.rows; row += 1) {
      const element = (slot.offset + row) * target.width + column.index;
      putValue(target, element, cell(row, at), () => `${column.name} (row ${row})`);
    }
  }
}

function needColumns(signature: ModelSignature): void {
  if (signature.columns.length > 0 && isRowModel(signature)) return;
  throw requestError('', 'the rows of this model are no table; send tensors (Open Inference Protocol)');
}

function unknownColumn(name: string, signature: ModelSignature): Error {
  const names = signature.columns.slice(0, 12).map((column) => column.name);
  const more = signature.columns.length > 12 ? ', …' : '';
  return requestError(name.slice(0, 100), `unknown column; the model takes ${names.join(', ')}${more}`);
}

/** RFC 4180: quoted fields may hold commas, quotes (doubled) and line breaks. Blank lines are skipped. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endRow = (): void => {
    row.push(field);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    field = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === '') quoted = true;
    else if (char === ',') {
      row.push(field);
      field = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') field += char;
  }
  if (field !== '' || row.length > 0) endRow();
  if (quoted) throw requestError('', 'the CSV ends inside a quoted field');
  return rows;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
