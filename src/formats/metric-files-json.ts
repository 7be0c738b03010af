import { jsonErrorPlace } from './json-error.ts';
import type { MetricPoint, MetricReading } from './metric-points.ts';
import { rowPoints } from './metric-rows.ts';
import { isMap } from './shape.ts';

/** `separator`: what joins the names of nested objects. */
export function jsonMetrics(text: string, separator = '.'): MetricReading {
  const parsed = parseLenient(text);
  if ('problem' in parsed) return { points: [], problem: parsed.problem };
  const { value } = parsed;
  if (isTable(value))
    return {
      points: value.flatMap((row, i) => rowPoints(flatNumbers(row, separator), i)),
      problem: undefined,
    };
  if (!isMap(value)) return { points: [], problem: 'line 1: expected an object such as {"auc": 0.9}' };
  return { points: objectPoints(value, separator), problem: undefined };
}

/** A broken line ends the reading: a writer that was killed leaves half of its last one. */
export function jsonLinesMetrics(text: string): MetricReading {
  const points: MetricPoint[] = [];
  let row = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = parseLenient(line);
    if ('problem' in parsed) return { points, problem: `line ${index + 1}: this is not JSON` };
    if (!isMap(parsed.value)) {
      return { points, problem: `line ${index + 1}: expected an object such as {"step": 1, "loss": 0.3}` };
    }
    for (const point of rowPoints(flatNumbers(parsed.value, '.'), row)) points.push(point);
    row += 1;
  }
  return { points, problem: undefined };
}

function objectPoints(value: Readonly<Record<string, unknown>>, separator: string): readonly MetricPoint[] {
  const points: MetricPoint[] = [];
  const flat = flatten(value, separator, '');
  const step = flat.find(([key, leaf]) => key === 'step' && isStep(leaf))?.[1];
  for (const [key, leaf] of flat) {
    const number = asNumber(leaf);
    if (number !== undefined && key !== 'step') {
      points.push({ key, value: number, step: typeof step === 'number' ? step : 0 });
    } else if (Array.isArray(leaf) && leaf.length > 0) {
      const series = leaf.map(asNumber);
      if (series.includes(undefined)) continue;
      series.forEach((each, i) => points.push({ key, value: each ?? Number.NaN, step: i }));
    }
  }
  return points;
}

function flatNumbers(
  value: Readonly<Record<string, unknown>>,
  separator: string,
): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [key, leaf] of flatten(value, separator, '')) {
    const number = asNumber(leaf) ?? (isTimeKey(key) ? dateNumber(leaf) : undefined);
    if (number !== undefined) numbers.set(key, number);
  }
  return numbers;
}

function flatten(
  value: Readonly<Record<string, unknown>>,
  separator: string,
  prefix: string,
): readonly (readonly [string, unknown])[] {
  return Object.entries(value).flatMap(([key, leaf]) => {
    const name = prefix === '' ? key : `${prefix}${separator}${key}`;
    return isMap(leaf) ? flatten(leaf, separator, name) : [[name, leaf] as const];
  });
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Infinity,
  '-Infinity': -Infinity,
};

function asNumber(leaf: unknown): number | undefined {
  if (typeof leaf === 'number') return leaf;
  return typeof leaf === 'string' && Object.hasOwn(WORDS, leaf) ? WORDS[leaf] : undefined;
}

function isTimeKey(key: string): boolean {
  return key === 'timestamp' || key === 'time';
}

function dateNumber(leaf: unknown): number | undefined {
  const time = typeof leaf === 'string' ? Date.parse(leaf) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function isStep(leaf: unknown): boolean {
  return typeof leaf === 'number' && Number.isInteger(leaf);
}

function isTable(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isMap);
}

type Parsed = { readonly value: unknown } | { readonly problem: string };

/** JSON, plus the bare words NaN, Infinity and -Infinity that Python's json module writes. */
function parseLenient(text: string): Parsed {
  // Strings are matched too, so that words inside them stay.
  const plain = text.replace(/"(?:[^"\\\n]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (word) =>
    word.startsWith('"') ? word : JSON.stringify(word),
  );
  try {
    return { value: JSON.parse(plain) as unknown };
  } catch {
    return { problem: `${jsonErrorPlace(text)}: this is not JSON` };
  }
}
