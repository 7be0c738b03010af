import type { Histogram } from './types.ts';

/** Most edges a column has. */
export const MAX_EDGES = 1024;

/** Counts finite values on fixed, rising edges. */
export class HistogramCounter {
  private readonly edges: Float64Array;
  private readonly at: Float64Array;
  private readonly between: Float64Array;
  private below = 0;
  private above = 0;
  private belowBy = 0;
  private aboveBy = 0;

  constructor(edges: ArrayLike<number>) {
    this.edges = Float64Array.from(edges);
    this.at = new Float64Array(edges.length);
    this.between = new Float64Array(Math.max(0, edges.length - 1));
  }

  /** `times`: the value's frequency, when it is known. */
  add(value: number, times = 1): void {
    const { edges } = this;
    const last = edges.length - 1;
    const first = edges[0] ?? Number.NaN;
    const end = edges[last] ?? Number.NaN;
    if (value < first) {
      this.below += times;
      this.belowBy += (first - value) * times;
      return;
    }
    if (value > end) {
      this.above += times;
      this.aboveBy += (value - end) * times;
      return;
    }
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((edges[middle] ?? 0) <= value) low = middle;
      else high = middle - 1;
    }
    if (edges[low] === value) this.at[low] = (this.at[low] ?? 0) + times;
    else this.between[low] = (this.between[low] ?? 0) + times;
  }

  finish(): Histogram {
    return {
      edges: [...this.edges],
      at: [...this.at],
      between: [...this.between],
      below: this.below,
      above: this.above,
      belowBy: this.belowBy,
      aboveBy: this.aboveBy,
    };
  }
}

/**
 * At most 1,024 edges of equal depth: the values at evenly spaced ranks, each once. `values` are sorted; when
 * `counts` is given, `values` are different and `counts` their frequencies. The first and last edge are the
 * smallest and largest value. A value that makes up more than 1/1,023 of the data is always an edge.
 */
export function equalDepthEdges(
  values: Float64Array,
  counts?: Float64Array,
  most: number = MAX_EDGES,
): Float64Array {
  const total = counts === undefined ? values.length : counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return new Float64Array(0);
  const edges: number[] = [];
  let index = 0;
  let through = counts?.[0] ?? 1;
  for (let k = 0; k < most; k += 1) {
    const rank = Math.round((k * (total - 1)) / (most - 1));
    if (counts === undefined) index = rank;
    else {
      while (through <= rank) {
        index += 1;
        through += counts[index] ?? 1;
      }
    }
    const edge = values[index] ?? Number.NaN;
    if (edges.at(-1) !== edge) edges.push(edge);
  }
  return Float64Array.from(edges);
}

/** Finite values counted, in range and out. */
export function histogramTotal(histogram: Histogram): number {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return sum(histogram.at) + sum(histogram.between) + histogram.below + histogram.above;
}
