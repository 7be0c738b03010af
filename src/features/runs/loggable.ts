import { MloError } from '#foundation/errors.ts';
import type { Param, Tag } from '#stores/database/tracking-store.ts';
import type { Loggable, MetricValue } from './types.ts';

const MAX_KEY = 250;

/** Why a text cannot be the key of a param, metric or tag; undefined when it can. */
export function keyProblem(key: string): string | undefined {
  if (key.trim() === '') return 'it is empty';
  if (key.length > MAX_KEY) return `it is longer than ${MAX_KEY} characters`;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f]/.test(key) ? 'it holds a control character' : undefined;
}

/** Throws a usage error for a key that would break tables and files. */
export function checkKey(kind: 'param' | 'metric' | 'tag', key: string): string {
  const problem = keyProblem(key);
  if (problem === undefined) return key;
  throw new MloError(
    'usage',
    'MLO_BAD_KEY',
    `${JSON.stringify(key.slice(0, 80))} is no name for a ${kind}: ${problem}`,
  );
}

export function toPairs(kind: 'param' | 'tag', values: Loggable): readonly (Param & Tag)[] {
  return Object.entries(values).map(([key, value]) => ({ key: checkKey(kind, key), value: String(value) }));
}

/** For JSON. */
export function metricValue(value: number): MetricValue {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}
