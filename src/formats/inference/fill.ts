import { DTYPES, type DType, type TensorData } from './dtypes.ts';
import { requestError, shown } from './request-error.ts';

/**
 * Writes one JSON value as element `at`. null is NaN for floats and empty text for strings; nothing else is
 * converted, because a silently changed feature is a wrong prediction. `where` is only called for an error.
 */
export function putValue(
  target: { readonly data: TensorData; readonly type: DType },
  at: number,
  value: unknown,
  where: () => string,
): void {
  const { data, type } = target;
  const facts = DTYPES[type];
  if (Array.isArray(data)) {
    data[at] = textFrom(value, where);
    return;
  }
  switch (facts.family) {
    case 'float':
      (data as Float64Array)[at] = floatFrom(value, where);
      return;
    case 'int':
      (data as Int32Array)[at] = intFrom(value, type, where);
      return;
    case 'bigint':
      (data as BigInt64Array)[at] = bigintFrom(value, type, where);
      return;
    case 'bool':
      (data as Uint8Array)[at] = boolFrom(value, where);
      return;
    case 'half':
    case 'text':
      throw requestError(where(), `${type} has no JSON form; send it as binary data`);
  }
}

function textFrom(value: unknown, where: () => string): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (isBase64(value)) return Buffer.from(value.b64, 'base64').toString('utf8');
  throw requestError(where(), `expected text, found ${shown(value)}`);
}

/** TensorFlow Serving's form of bytes. */
function isBase64(value: unknown): value is { readonly b64: string } {
  return typeof value === 'object' && value !== null && 'b64' in value && typeof value.b64 === 'string';
}

function floatFrom(value: unknown, where: () => string): number {
  if (typeof value === 'number') return value;
  if (value === null) return Number.NaN;
  throw requestError(where(), `expected a number, found ${shown(value)}`);
}

function intFrom(value: unknown, type: DType, where: () => string): number {
  const { min, max } = DTYPES[type];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw requestError(where(), `expected a whole number (${type}), found ${shown(value)}`);
}

/** JSON numbers beyond 2^53 have lost digits before they arrive here; text keeps them. */
function bigintFrom(value: unknown, type: DType, where: () => string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && (type === 'int64' || value >= 0)) {
    return BigInt(value);
  }
  if (typeof value === 'bigint' && inRange(value, type)) return value;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    const whole = BigInt(value);
    if (inRange(whole, type)) return whole;
  }
  if (typeof value === 'number' && Number.isInteger(value)) {
    throw requestError(where(), `a number beyond 2^53 must be sent as text to keep its digits`);
  }
  throw requestError(where(), `expected a whole number (${type}), found ${shown(value)}`);
}

function inRange(value: bigint, type: DType): boolean {
  return type === 'int64' ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
}

function boolFrom(value: unknown, where: () => string): number {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  throw requestError(where(), `expected true or false, found ${shown(value)}`);
}

/** The text of a CSV field as the JSON value the column's type expects; empty is missing. */
export function valueFromText(text: string, type: DType): unknown {
  const { family } = DTYPES[type];
  if (family === 'text') return text;
  const trimmed = text.trim();
  if (family === 'bool') return BOOLS[trimmed.toLowerCase()] ?? trimmed;
  if (family === 'bigint' && /^-?\d+$/.test(trimmed)) return trimmed;
  if (family === 'float' && (trimmed === '' || /^nan$/i.test(trimmed))) return null;
  const number = Number(trimmed);
  return trimmed === '' || Number.isNaN(number) ? text : number;
}

const BOOLS: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false };

/**
 * Writes nested or flat row-major data as elements `start` to `start + count`. Throws when the number of
 * elements is not `count` or lists of one level differ in length (ragged).
 */
export function putNested(
  target: { readonly data: TensorData; readonly type: DType },
  start: number,
  source: { readonly data: readonly unknown[]; readonly count: number; readonly field: string },
): void {
  const { data, count, field } = source;
  let at = start;
  const end = start + count;
  const walk = (list: readonly unknown[], depth: number, widths: number[]): void => {
    const expected = (widths[depth] ??= list.length);
    if (list.length !== expected) {
      throw requestError(field, `ragged data: a list of ${list.length} among lists of ${expected}`);
    }
    for (const item of list) {
      if (Array.isArray(item)) walk(item, depth + 1, widths);
      else {
        if (at >= end) throw requestError(field, `more than the ${count} elements its shape says`);
        const index = at - start;
        putValue(target, at, item, () => `${field}[${index}]`);
        at += 1;
      }
    }
  };
  walk(data, 0, []);
  if (at !== end) throw requestError(field, `${at - start} elements, but its shape says ${count}`);
}

/** Shape of nested lists, taking the first item of each level. `putNested` finds ragged ones. */
export function nestedShape(value: unknown): number[] {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0] as unknown) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}
