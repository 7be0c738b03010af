import { MloError } from '#foundation/errors.ts';
import { cellsOf, wassersteinDistance, wassersteinOfCells } from './distances.ts';
import { isDrift, seedOfName, shareChange, type DistributionScore } from './drift-score.ts';
import { sameEdges } from './merge-profiles.ts';
import { effectiveRows, expectedWassersteinNoise, noiseFloor, type NoiseFloor } from './noise-floor.ts';
import type { DriftRule, Histogram, NumericProfile, ShareChange } from './types.ts';

/** W1 / standard deviation of the reference (ddof 0), and the share of values outside its range. */
export function compareNumbers(
  reference: NumericProfile,
  current: NumericProfile,
  rule: DriftRule,
): DistributionScore {
  if (!sameEdges(reference.histogram, current.histogram)) {
    throw new MloError(
      'usage',
      'MLO_PROFILES_DIFFER',
      `column "${reference.name}" is counted on different edges`,
      {
        hint: 'profile the current data with edgesFrom: the reference',
      },
    );
  }
  const outOfRange = rangeChange(reference, current, rule);
  const deviation = Math.sqrt(reference.moments.m2 / reference.moments.n);
  if (deviation === 0) {
    // A constant has no scale to measure a distance with: count what is no longer that constant.
    const score = 1 - (current.histogram.at[0] ?? 0) / current.moments.n;
    const drifted = isDrift(score, rule.threshold, 0);
    return {
      method: 'share_changed',
      score,
      noiseFloor: 0,
      p: null,
      drifted,
      newCategories: null,
      outOfRange,
    };
  }
  const score = wassersteinDistance(reference.histogram, current.histogram) / deviation;
  const noise = numericNoise(reference, current, { rule, score, deviation });
  return {
    method: 'wasserstein',
    score,
    noiseFloor: noise?.floor ?? null,
    p: noise?.p ?? null,
    drifted: isDrift(score, rule.threshold, noise?.floor ?? null),
    newCategories: null,
    outOfRange,
  };
}

function numericNoise(
  reference: NumericProfile,
  current: NumericProfile,
  seen: { readonly rule: DriftRule; readonly score: number; readonly deviation: number },
): NoiseFloor | undefined {
  const expected = expectedWassersteinNoise(effectiveRows(reference.moments.n, current.moments.n));
  if (2 * expected < seen.rule.threshold) return undefined;
  const [before, now] = [reference.histogram, current.histogram];
  const belowBy = meanExcess(before.belowBy + now.belowBy, before.below + now.below);
  const aboveBy = meanExcess(before.aboveBy + now.aboveBy, before.above + now.above);
  const last = 2 * before.edges.length;
  return noiseFloor({
    reference: withEnds(before),
    current: withEnds(now),
    draws: seen.rule.draws,
    seed: seedOfName(reference.name),
    observed: seen.score,
    score: (left, right) => {
      const below = [left[0] ?? 0, right[0] ?? 0] as const;
      const above = [left[last] ?? 0, right[last] ?? 0] as const;
      const distance = wassersteinOfCells({
        edges: before.edges,
        reference: left.subarray(1, last),
        current: right.subarray(1, last),
        below,
        above,
        belowBy: [below[0] * belowBy, below[1] * belowBy],
        aboveBy: [above[0] * aboveBy, above[1] * aboveBy],
      });
      return distance / seen.deviation;
    },
  });
}

/** Below, the cells of the range, above. */
function withEnds(histogram: Histogram): Float64Array {
  return Float64Array.from([histogram.below, ...cellsOf(histogram), histogram.above]);
}

/** Rows out of range are dealt out at their mean distance from it. */
function meanExcess(sum: number, count: number): number {
  return count === 0 ? 0 : sum / count;
}

/** Of n + 1 draws of one continuous distribution the last lies outside the others' range in 2 of n + 1 cases. */
function rangeChange(reference: NumericProfile, current: NumericProfile, rule: DriftRule): ShareChange {
  const infinite = (column: NumericProfile): number => column.positiveInfinities + column.negativeInfinities;
  const rows = {
    reference: reference.moments.n + infinite(reference),
    current: current.moments.n + infinite(current),
  };
  return shareChange({
    reference: {
      share: Math.max(infinite(reference) / rows.reference, Math.min(1, 2 / (reference.moments.n + 1))),
      rows: rows.reference,
    },
    current: { share: (outside(current.histogram) + infinite(current)) / rows.current, rows: rows.current },
    threshold: rule.shareThreshold,
    eitherWay: false,
  });
}

function outside(histogram: Histogram): number {
  return histogram.below + histogram.above;
}
