import { yamlError, type YamlFile, type YamlPath } from './yaml.ts';

/**
 * What a value of a hand-written YAML file may look like. One description serves three readers: `checkShape`
 * (errors with line and column), the JSON Schema editors complete from, and the reference page. Written here
 * instead of with a validation library because `mlo status` loads it.
 */
export type Shape =
  | { readonly kind: 'text'; readonly expected: string }
  | { readonly kind: 'number'; readonly min?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'any' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'list'; readonly of: Shape; readonly expected: string }
  | { readonly kind: 'map'; readonly of: Shape; readonly expected: string; readonly what: string }
  | ObjectShape
  /** The first alternative of the value's own type (text, list, map) is checked; `expected` speaks for all. */
  | { readonly kind: 'either'; readonly of: readonly Shape[]; readonly expected: string };

export interface ObjectShape {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Field>>;
  /** Keys that other tools know and mlo does not: refused with their own words. */
  readonly refused?: Readonly<Record<string, string>>;
}

export interface Field {
  readonly shape: Shape;
  readonly description: string;
  readonly required?: boolean;
}

export interface Place {
  readonly file: YamlFile;
  readonly path: YamlPath;
  /** Whose value it is, for the message: `stage "train"`. Empty at the top. */
  readonly owner: string;
}

export const text = (expected = 'text'): Shape => ({ kind: 'text', expected });
export const bool: Shape = { kind: 'boolean' };
export const anything: Shape = { kind: 'any' };
export const listOf = (of: Shape, expected: string): Shape => ({ kind: 'list', of, expected });
export const mapOf = (of: Shape, what: string, expected: string): Shape => ({
  kind: 'map',
  of,
  what,
  expected,
});

/** Throws a config error naming place, owner, key and what was expected; returns when the value fits. */
export function checkShape(shape: Shape, value: unknown, place: Place): void {
  switch (shape.kind) {
    case 'any':
    case 'nothing':
      return;
    case 'text':
      if (typeof value !== 'string' || value.trim() === '') throw wrong(shape, value, place);
      return;
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value) || value < (shape.min ?? -Infinity))
        throw wrong(shape, value, place);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong(shape, value, place);
      return;
    case 'choice':
      if (typeof value !== 'string' || !shape.choices.includes(value)) throw wrong(shape, value, place);
      return;
    case 'list':
      if (!Array.isArray(value)) throw wrong(shape, value, place);
      value.forEach((item, index) => checkShape(shape.of, item, below(place, index)));
      return;
    case 'map':
      if (!isMap(value)) throw wrong(shape, value, place);
      for (const [key, item] of Object.entries(value)) {
        const owner = shape.what === '' ? place.owner : `${shape.what} "${key}"`;
        checkShape(shape.of, item, { ...below(place, key), owner });
      }
      return;
    case 'object':
      checkObject(shape, value, place);
      return;
    case 'either': {
      const chosen = shape.of.find((one) => sameType(one, value));
      if (chosen === undefined) throw wrong(shape, value, place);
      checkShape(chosen, value, place);
    }
  }
}

function checkObject(shape: ObjectShape, value: unknown, place: Place): void {
  const names = Object.keys(shape.fields);
  if (!isMap(value)) throw wrong(shape, value, place);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(shape.fields, key)) continue;
    const where = place.file.whereKey([...place.path, key]);
    const refusal = shape.refused?.[key];
    if (refusal !== undefined) throw yamlError(where, `${said(place)}"${key}" ${refusal}`);
    const near = didYouMean(key, names);
    const message = `${said(place)}unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
    throw yamlError(where, message, `known keys: ${names.join(', ')}`);
  }
  for (const [name, field] of Object.entries(shape.fields)) {
    const item = value[name];
    if (item !== undefined && item !== null) checkShape(field.shape, item, below(place, name));
    else if (field.required === true)
      throw yamlError(
        place.file.whereKey(place.path),
        `${said(place)}"${name}" is missing; expected ${describe(field.shape)}`,
      );
    else if (
      item === null &&
      Object.hasOwn(value, name) &&
      field.shape.kind !== 'any' &&
      place.path.length > 0
    )
      throw yamlError(
        place.file.whereKey([...place.path, name]),
        `${said(place)}"${name}" has no value; expected ${describe(field.shape)}`,
      );
  }
}

function wrong(shape: Shape, value: unknown, place: Place): Error {
  const key = place.path.at(-1);
  const subject = typeof key === 'string' ? `"${key}"` : 'this item';
  const what = place.path.length === 0 ? 'the file' : subject;
  return yamlError(
    place.file.where(place.path),
    `${said(place)}${what} must be ${describe(shape)}, not ${show(value)}`,
  );
}

/** The shape in words: "text", "a list of paths". */
export function describe(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
    case 'list':
    case 'map':
    case 'either':
      return shape.expected;
    case 'number':
      return shape.min === undefined ? 'a number' : `a number of at least ${shape.min}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${shape.choices.join(', ')}`;
    case 'any':
      return 'a value';
    case 'nothing':
      return 'nothing';
    case 'object':
      return `a map with keys among ${Object.keys(shape.fields).join(', ')}`;
  }
}

function sameType(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case 'any':
      return true;
    case 'nothing':
      return value === null;
    case 'text':
    case 'choice':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'map':
    case 'object':
      return isMap(value);
    case 'either':
      return shape.of.some((one) => sameType(one, value));
  }
}

function below(place: Place, key: string | number): Place {
  return { ...place, path: [...place.path, key] };
}

function said(place: Place): string {
  return place.owner === '' ? '' : `${place.owner}: `;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return JSON.stringify(value).slice(0, 60);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The candidate one would have meant: at most two edits away (one for short words), the nearest first. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const limit = word.length <= 3 ? 1 : 2;
  let best: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
