/** A seeded source of evenly spread numbers in [0, 1), the same on every machine (sfc32, PractRand-tested). */
export function seededRandom(seed: number): () => number {
  let a = 0x9e37_79b9 | 0;
  let b = 0x243f_6a88 | 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return (result >>> 0) / 0x1_0000_0000;
  };
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** Draws indices in proportion to weights in constant time each (alias method, Walker 1977, Vose 1991). */
export class WeightedDraw {
  private readonly keep: Float64Array;
  private readonly alias: Int32Array;

  /** At least one weight is positive. */
  constructor(weights: ArrayLike<number>) {
    const size = weights.length;
    let total = 0;
    for (let i = 0; i < size; i += 1) total += weights[i] ?? 0;
    const scaled = Float64Array.from(weights, (weight) => (weight * size) / total);
    this.keep = new Float64Array(size).fill(1);
    this.alias = Int32Array.from({ length: size }, (_, i) => i);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((weight, i) => (weight < 1 ? small : large).push(i));
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() ?? 0;
      const more = large.pop() ?? 0;
      this.keep[less] = scaled[less] ?? 0;
      this.alias[less] = more;
      scaled[more] = (scaled[more] ?? 0) + (scaled[less] ?? 0) - 1;
      ((scaled[more] ?? 0) < 1 ? small : large).push(more);
    }
  }

  /** Fills `counts` with a multinomial sample of `n` draws. */
  multinomial(counts: Float64Array, n: number, random: () => number): void {
    counts.fill(0);
    const size = this.keep.length;
    for (let i = 0; i < n; i += 1) {
      const place = random() * size;
      const index = Math.floor(place);
      const chosen = place - index < (this.keep[index] ?? 1) ? index : (this.alias[index] ?? index);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
  }
}
