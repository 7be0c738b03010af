import { seededRandom, WeightedDraw } from './random.ts';

export interface NoiseFloor {
  /** 99th percentile of the score of two samples that differ by chance alone. */
  readonly floor: number;
  /** (draws with a score at least as large + 1) / (draws + 1). */
  readonly p: number;
}

export interface NoiseFloorOptions {
  /** Whole counts of the same cells in both datasets. */
  readonly reference: Float64Array;
  readonly current: Float64Array;
  readonly draws: number;
  readonly seed: number;
  readonly score: (reference: Float64Array, current: Float64Array) => number;
  readonly observed: number;
}

const QUANTILE = 0.99;
/** Rows drawn for one sample at most; beyond it scores shrink with the square root of the rows. */
const MAX_DRAWN = 10_000;
const MAX_POOLED = 4_000_000;
/** A reference this many times larger than the current data adds nothing to the noise. */
const LARGE_REFERENCE = 50;

/**
 * What score do the rows of both sides reach when they are dealt out anew by chance? Up to 10,000 rows on the
 * smaller side this is a permutation test: exact for any distribution, also for categories seen once, where a
 * bootstrap from the reference alone calls half of all unchanged columns drifted. Seeded: the same data has
 * the same answer.
 */
export function noiseFloor(options: NoiseFloorOptions): NoiseFloor {
  const { draws, observed } = options;
  const rows = total(options.reference) + total(options.current);
  const smaller = Math.min(total(options.reference), total(options.current));
  const permute = smaller <= MAX_DRAWN && rows <= MAX_POOLED;
  const nextScore = permute ? permutedScores(options) : drawnScores(options);
  const scores = Float64Array.from({ length: draws }, nextScore).sort();
  const floor = scores[Math.ceil(QUANTILE * draws) - 1] ?? 0;
  // Sums in another order differ in the last digits.
  const reached = observed * (1 - 1e-12);
  const above = scores.reduce((count, score) => count + (score >= reached ? 1 : 0), 0);
  return { floor, p: (above + 1) / (draws + 1) };
}

/** Deals the pooled rows out again: the smaller side gets as many as it had, the other one the rest. */
function permutedScores({ reference, current, seed, score }: NoiseFloorOptions): () => number {
  const random = seededRandom(seed);
  const currentIsSmaller = total(current) <= total(reference);
  const pooled = reference.map((count, cell) => count + (current[cell] ?? 0));
  const dealt = total(currentIsSmaller ? current : reference);
  const rows = new Uint16Array(total(pooled));
  let at = 0;
  pooled.forEach((count, cell) => rows.fill(cell, at, (at += count)));
  const taken = new Float64Array(pooled.length);
  const left = new Float64Array(pooled.length);
  return () => {
    taken.fill(0);
    // A partial Fisher-Yates shuffle; the order left by the one before is as good as any.
    for (let i = 0; i < dealt; i += 1) {
      const pick = i + Math.floor(random() * (rows.length - i));
      const cell = rows[pick] ?? 0;
      rows[pick] = rows[i] ?? 0;
      rows[i] = cell;
      taken[cell] = (taken[cell] ?? 0) + 1;
    }
    for (let cell = 0; cell < left.length; cell += 1) left[cell] = (pooled[cell] ?? 0) - (taken[cell] ?? 0);
    return currentIsSmaller ? score(left, taken) : score(taken, left);
  };
}

/** For many rows: both sides drawn from the pooled distribution, at most 10,000 rows each, and scaled. */
function drawnScores({ reference, current, seed, score }: NoiseFloorOptions): () => number {
  const random = seededRandom(seed);
  const pooled = reference.map((count, cell) => count + (current[cell] ?? 0));
  const draw = new WeightedDraw(pooled);
  const rows = { reference: total(reference), current: total(current) };
  const fixedReference = rows.reference >= LARGE_REFERENCE * rows.current;
  const drawn = {
    reference: fixedReference ? Infinity : Math.min(rows.reference, MAX_DRAWN),
    current: Math.min(rows.current, MAX_DRAWN),
  };
  const scale = Math.sqrt(
    effectiveRows(drawn.reference, drawn.current) /
      effectiveRows(fixedReference ? Infinity : rows.reference, rows.current),
  );
  const left = fixedReference ? pooled : new Float64Array(pooled.length);
  const right = new Float64Array(pooled.length);
  return () => {
    if (!fixedReference) draw.multinomial(left, drawn.reference, random);
    draw.multinomial(right, drawn.current, random);
    return scale * score(left, right);
  };
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Rows of one sample with the noise of both together. */
export function effectiveRows(referenceRows: number, currentRows: number): number {
  return 1 / (1 / referenceRows + 1 / currentRows);
}

/** Rough 99th percentile of W1 / std between samples of one distribution (normal data: 2.6 / sqrt n). */
export function expectedWassersteinNoise(rows: number): number {
  return 3 / Math.sqrt(rows);
}

/**
 * The same for the Jensen-Shannon distance: its square times 8 n is about chi-square with cells - 1 degrees
 * of freedom, whose 99th percentile lies below its mean plus three standard deviations, but for few cells.
 */
export function expectedJensenShannonNoise(rows: number, cells: number): number {
  const freedom = Math.max(1, cells - 1);
  return Math.sqrt((freedom + 4 * Math.sqrt(2 * freedom)) / (8 * rows));
}

export interface Share {
  readonly share: number;
  readonly rows: number;
}

/** 99 % bound of the difference of two observed shares of one true share (pooled two-proportion z). */
export function shareNoise(reference: Share, current: Share): number {
  const rows = reference.rows + current.rows;
  const pooled = (reference.share * reference.rows + current.share * current.rows) / rows;
  return 2.5758 * Math.sqrt(pooled * (1 - pooled) * (1 / reference.rows + 1 / current.rows));
}
