import { MloError } from '#foundation/errors.ts';
import { byCount } from './category-accumulator.ts';
import { bucketsOf } from './category-buckets.ts';
import { mergeSamples } from './sample-collector.ts';
import type {
  Categories,
  CategoryProfile,
  ColumnProfile,
  DatetimeProfile,
  Histogram,
  Moments,
  NumericProfile,
  Profile,
} from './types.ts';

/**
 * The profile of the rows of all: windows of traffic that were counted on one reference's edges. Counts are
 * exact; moments are those of Chan, Golub and LeVeque (1979). Throws MLO_PROFILES_DIFFER when columns, types
 * or edges differ.
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const [first, ...rest] = profiles;
  if (first === undefined) throw new MloError('usage', 'MLO_NO_DATA', 'no profiles to merge');
  if (rest.length === 0) return first;
  const columns = rest.reduce<readonly ColumnProfile[]>((merged, profile) => {
    if (profile.columns.length !== merged.length) throw differ('the number of columns differs');
    return merged.map((column, c) => mergeColumns(column, profile.columns[c]));
  }, first.columns);
  return {
    format: 'mlo/profile',
    version: 1,
    rows: profiles.reduce((sum, profile) => sum + profile.rows, 0),
    columns,
    sample: mergeSamples(profiles.map((profile) => profile.sample)),
  };
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile | undefined): ColumnProfile {
  if (b?.name !== a.name) throw differ(`column "${a.name}" meets "${b?.name ?? ''}"`);
  if (a.kind === 'numeric' && b.kind === 'numeric') return mergeNumeric(a, b);
  if (a.kind === 'category' && b.kind === 'category' && a.type === b.type) return mergeCategory(a, b);
  if (a.kind === 'datetime' && b.kind === 'datetime') return mergeDatetime(a, b);
  throw differ(`column "${a.name}" is ${a.type} in one and ${b.type} in the other`);
}

function mergeNumeric(a: NumericProfile, b: NumericProfile): NumericProfile {
  return {
    kind: 'numeric',
    name: a.name,
    type: a.type === b.type ? a.type : 'float',
    rows: a.rows + b.rows,
    nulls: a.nulls + b.nulls,
    nan: a.nan + b.nan,
    positiveInfinities: a.positiveInfinities + b.positiveInfinities,
    negativeInfinities: a.negativeInfinities + b.negativeInfinities,
    moments: mergeMoments(a.moments, b.moments),
    distinct: Math.max(a.distinct, b.distinct),
    distinctExact: false,
    histogram: mergeHistograms(a.histogram, b.histogram, a.name),
  };
}

export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0 || a.mean === null) return b;
  if (b.n === 0 || b.mean === null) return a;
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  return {
    n,
    min: Math.min(a.min ?? Infinity, b.min ?? Infinity),
    max: Math.max(a.max ?? -Infinity, b.max ?? -Infinity),
    mean: a.mean + (delta * b.n) / n,
    m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n,
  };
}

function mergeHistograms(a: Histogram, b: Histogram, name: string): Histogram {
  if (!sameEdges(a, b)) throw differ(`column "${name}" is counted on different edges`);
  return {
    edges: a.edges,
    at: a.at.map((count, i) => count + (b.at[i] ?? 0)),
    between: a.between.map((count, i) => count + (b.between[i] ?? 0)),
    below: a.below + b.below,
    above: a.above + b.above,
    belowBy: a.belowBy + b.belowBy,
    aboveBy: a.aboveBy + b.aboveBy,
  };
}

export function sameEdges(a: Histogram, b: Histogram): boolean {
  return a.edges.length === b.edges.length && a.edges.every((edge, i) => edge === b.edges[i]);
}

function mergeCategory(a: CategoryProfile, b: CategoryProfile): CategoryProfile {
  const categories = mergeCategories(a.categories, b.categories);
  const occurring = categories.values.filter(([, count]) => count > 0).length;
  return {
    kind: 'category',
    name: a.name,
    type: a.type,
    rows: a.rows + b.rows,
    nulls: a.nulls + b.nulls,
    distinct: categories.complete ? occurring : Math.max(a.distinct, b.distinct, occurring),
    distinctExact: categories.complete,
    categories,
    length: mergeLengths(a, b),
  };
}

/** Exact while both list all their values; else a value that one does not list stays in its `other`. */
function mergeCategories(a: Categories, b: Categories): Categories {
  const counts = new Map(a.values);
  for (const [value, count] of b.values) counts.set(value, (counts.get(value) ?? 0) + count);
  const complete = a.complete && b.complete;
  const [left, right] = [bucketsOf(a), bucketsOf(b)];
  return {
    values: [...counts].sort(byCount),
    other: a.other + b.other,
    complete,
    buckets: complete ? null : left.map((count, i) => count + (right[i] ?? 0)),
  };
}

function mergeLengths(a: CategoryProfile, b: CategoryProfile): CategoryProfile['length'] {
  if (a.length === null) return b.length;
  if (b.length === null) return a.length;
  const [n, m] = [a.rows - a.nulls, b.rows - b.nulls];
  return {
    min: Math.min(a.length.min, b.length.min),
    max: Math.max(a.length.max, b.length.max),
    mean: (a.length.mean * n + b.length.mean * m) / (n + m),
  };
}

function mergeDatetime(a: DatetimeProfile, b: DatetimeProfile): DatetimeProfile {
  const pick = (
    x: number | null,
    y: number | null,
    choose: (x: number, y: number) => number,
  ): number | null => (x === null ? y : y === null ? x : choose(x, y));
  return {
    ...a,
    rows: a.rows + b.rows,
    nulls: a.nulls + b.nulls,
    min: pick(a.min, b.min, Math.min),
    max: pick(a.max, b.max, Math.max),
  };
}

function differ(problem: string): MloError {
  return new MloError('usage', 'MLO_PROFILES_DIFFER', `profiles cannot be merged: ${problem}`, {
    hint: 'count both on the edges of one reference',
  });
}
