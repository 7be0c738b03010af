import { MloError } from '#foundation/errors.ts';
import { bucketsOf } from './category-buckets.ts';
import { jensenShannonDistance } from './distances.ts';
import { isDrift, seedOfName, shareChange, type DistributionScore } from './drift-score.ts';
import { effectiveRows, expectedJensenShannonNoise, noiseFloor, type NoiseFloor } from './noise-floor.ts';
import type { CategoryProfile, ColumnDrift, DriftRule } from './types.ts';

const EXAMPLES = 5;

/** Counts of the same cells: one a category, or one a hash bucket. */
interface Cells {
  readonly reference: Float64Array;
  readonly current: Float64Array;
}

/**
 * Jensen-Shannon distance, and the share of new categories. A reference that lists all its values is compared
 * value by value; one with more than 1,024 by hash buckets.
 */
export function compareCategories(
  reference: CategoryProfile,
  current: CategoryProfile,
  rule: DriftRule,
): DistributionScore {
  const cells = reference.categories.complete
    ? listedCells(reference, current)
    : bucketCells(reference, current);
  const score = jensenShannonDistance(cells.reference, cells.current);
  const noise = categoryNoise(reference.name, cells, { rule, score });
  return {
    method: 'jensenshannon',
    score,
    noiseFloor: noise?.floor ?? null,
    p: noise?.p ?? null,
    drifted: isDrift(score, rule.threshold, noise?.floor ?? null),
    newCategories: reference.categories.complete ? newCategories(reference, current, rule) : null,
    outOfRange: null,
  };
}

/** Each value of either side; what the current data does not list is new and one cell at the end. */
function listedCells(reference: CategoryProfile, current: CategoryProfile): Cells {
  const before = new Map(reference.categories.values);
  const now = new Map(current.categories.values);
  const known = current.categories.complete || [...before.keys()].every((value) => now.has(value));
  if (!known) {
    throw new MloError('usage', 'MLO_PROFILES_DIFFER', `column "${reference.name}" lists other categories`, {
      hint: 'profile the current data with edgesFrom: the reference',
    });
  }
  const values = [...new Set([...before.keys(), ...now.keys()])];
  return {
    reference: Float64Array.from([...values.map((value) => before.get(value) ?? 0), 0]),
    current: Float64Array.from([...values.map((value) => now.get(value) ?? 0), current.categories.other]),
  };
}

function bucketCells(reference: CategoryProfile, current: CategoryProfile): Cells {
  return {
    reference: Float64Array.from(bucketsOf(reference.categories)),
    current: Float64Array.from(bucketsOf(current.categories)),
  };
}

function categoryNoise(
  name: string,
  cells: Cells,
  seen: { readonly rule: DriftRule; readonly score: number },
): NoiseFloor | undefined {
  const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
  const rows = effectiveRows(total(cells.reference), total(cells.current));
  if (2 * expectedJensenShannonNoise(rows, cells.reference.length) < seen.rule.threshold) return undefined;
  return noiseFloor({
    ...cells,
    draws: seen.rule.draws,
    seed: seedOfName(name),
    observed: seen.score,
    score: jensenShannonDistance,
  });
}

/**
 * The reference's own share of new categories is estimated by the values it saw once (Good 1953): so many
 * of the next rows hold a value not seen before even when nothing changed.
 */
function newCategories(
  reference: CategoryProfile,
  current: CategoryProfile,
  rule: DriftRule,
): ColumnDrift['newCategories'] {
  const referenceRows = reference.rows - reference.nulls;
  const currentRows = current.rows - current.nulls;
  const once = reference.categories.values.filter(([, count]) => count === 1).length;
  const known = new Set(reference.categories.values.map(([value]) => value));
  const found = current.categories.values.filter(([value, count]) => count > 0 && !known.has(value));
  const unseen = found.reduce((sum, [, count]) => sum + count, current.categories.other);
  const change = shareChange({
    reference: { share: once / referenceRows, rows: referenceRows },
    current: { share: unseen / currentRows, rows: currentRows },
    threshold: rule.shareThreshold,
    eitherWay: false,
  });
  return { ...change, examples: found.slice(0, EXAMPLES).map(([value]) => value) };
}
