import type { Histogram } from './types.ts';

/** Counts of the same cells in two datasets. */
export type Counts = ArrayLike<number>;

/**
 * Jensen-Shannon distance with the natural logarithm: sqrt((KL(r||a) + KL(c||a)) / 2), a = (r + c) / 2, both
 * normalised; 0 to sqrt(ln 2) = 0.8326. SciPy's `spatial.distance.jensenshannon` with base None.
 */
export function jensenShannonDistance(reference: Counts, current: Counts): number {
  const n = total(reference);
  const m = total(current);
  if (n === 0 || m === 0) return n === m ? 0 : Math.sqrt(Math.LN2);
  let divergence = 0;
  for (let i = 0; i < reference.length; i += 1) {
    const r = (reference[i] ?? 0) / n;
    const c = (current[i] ?? 0) / m;
    const a = (r + c) / 2;
    if (r > 0) divergence += r * Math.log(r / a);
    if (c > 0) divergence += c * Math.log(c / a);
  }
  // Rounding can leave a tiny negative sum for equal distributions.
  return Math.sqrt(Math.max(0, divergence / 2));
}

/**
 * Wasserstein distance W1 = integral of |F_reference - F_current| from two histograms on the same edges.
 * Single values that are edges are exact, values between two edges count as evenly spread there (the error is
 * at most the width of one bin), and below the first or above the last edge it is exact while only one of the
 * two reaches there. In units of the column.
 */
export function wassersteinDistance(reference: Histogram, current: Histogram): number {
  return wassersteinOfCells({
    edges: reference.edges,
    reference: cellsOf(reference),
    current: cellsOf(current),
    below: [reference.below, current.below],
    belowBy: [reference.belowBy, current.belowBy],
    above: [reference.above, current.above],
    aboveBy: [reference.aboveBy, current.aboveBy],
  });
}

export interface CellPair {
  readonly edges: ArrayLike<number>;
  /** `at[0], between[0], at[1], between[1], … at[k-1]`. */
  readonly reference: Counts;
  readonly current: Counts;
  readonly below: readonly [number, number];
  readonly belowBy: readonly [number, number];
  readonly above: readonly [number, number];
  readonly aboveBy: readonly [number, number];
}

/** Counts of a histogram's range as one array: at an edge, between it and the next, and so on. */
export function cellsOf(histogram: Histogram): Float64Array {
  const cells = new Float64Array(Math.max(0, 2 * histogram.edges.length - 1));
  histogram.at.forEach((count, i) => (cells[2 * i] = count));
  histogram.between.forEach((count, i) => (cells[2 * i + 1] = count));
  return cells;
}

export function wassersteinOfCells(pair: CellPair): number {
  const { edges, reference, current } = pair;
  const n = total(reference) + pair.below[0] + pair.above[0];
  const m = total(current) + pair.below[1] + pair.above[1];
  if (n === 0 || m === 0) return 0;
  let distance = Math.abs(pair.belowBy[0] / n - pair.belowBy[1] / m);
  distance += Math.abs(pair.aboveBy[0] / n - pair.aboveBy[1] / m);
  let difference = pair.below[0] / n - pair.below[1] / m;
  for (let i = 0; i < edges.length - 1; i += 1) {
    difference += (reference[2 * i] ?? 0) / n - (current[2 * i] ?? 0) / m;
    const next = difference + (reference[2 * i + 1] ?? 0) / n - (current[2 * i + 1] ?? 0) / m;
    distance += ((edges[i + 1] ?? 0) - (edges[i] ?? 0)) * meanMagnitude(difference, next);
    difference = next;
  }
  return distance;
}

/** Mean of |x| while x goes evenly from `a` to `b`. */
function meanMagnitude(a: number, b: number): number {
  if (a * b >= 0) return Math.abs(a + b) / 2;
  return (a * a + b * b) / (2 * (Math.abs(a) + Math.abs(b)));
}

function total(counts: Counts): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) sum += counts[i] ?? 0;
  return sum;
}
