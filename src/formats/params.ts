import { extname } from 'node:path';
import { MloError } from '#foundation/errors.ts';
import { isMap } from './shape.ts';
import { parseYaml } from './yaml.ts';

/** Parameter files: YAML or JSON by extension, one map at the top, values reached by dotted keys. */

const FORMATS: Readonly<Record<string, 'yaml' | 'json'>> = {
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
};

/** Reads a params file. Throws config errors that name file, line and column. */
export function parseParams(text: string, name: string): Readonly<Record<string, unknown>> {
  const value = paramsFormat(name) === 'json' ? parseJson(text, name) : parseYaml(text, name).value;
  if (value === null || value === undefined) return {};
  if (isMap(value)) return value;
  throw new MloError('config', 'MLO_BAD_PARAMS', `${name}:1:1: expected "key: value" lines`);
}

export function paramsFormat(name: string): 'yaml' | 'json' {
  const format = FORMATS[extname(name).toLowerCase()];
  if (format !== undefined) return format;
  throw new MloError('config', 'MLO_BAD_PARAMS', `${name}: a params file ends in .yaml, .yml or .json`);
}

export type FoundParam = { readonly found: true; readonly value: unknown } | { readonly found: false };

/** `train.trees`, `layers.0.size`. */
export function getParam(root: unknown, key: string): FoundParam {
  let value: unknown = root;
  for (const part of key.split('.')) {
    if (Array.isArray(value) && /^\d+$/.test(part) && Number(part) < value.length)
      value = value[Number(part)];
    else if (isMap(value) && Object.hasOwn(value, part)) value = value[part];
    else return { found: false };
  }
  return { found: true, value };
}

/** Leaves by dotted key; lists count as leaves, as one compares them whole. */
export function flattenParams(root: unknown, prefix = ''): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(isMap(root) ? root : {})) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isMap(value) && Object.keys(value).length > 0) Object.assign(flat, flattenParams(value, name));
    else flat[name] = value;
  }
  return flat;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Node's message holds the offset, or no offset when the text just ends.
    const offset = /position (\d+)/.exec(String(error))?.[1];
    const before = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n');
    const where = `${name}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    throw new MloError('config', 'MLO_BAD_PARAMS', `${where}: this is not JSON`, { cause: error });
  }
}
