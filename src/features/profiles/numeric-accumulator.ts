import type { Column } from '#adapters/tables/table.ts';
import { equalDepthEdges, HistogramCounter, MAX_EDGES } from './histogram.ts';
import type { Histogram, Moments, NumericProfile } from './types.ts';

/** Different values that are counted one by one before a column counts as continuous. */
const MAX_TRACKED = 4096;
/** Values kept to find the edges of a continuous column; fewer values than this are kept all. */
const MAX_SAMPLED = 131_072;

/**
 * Reads a column of numbers once. Discrete columns are counted exactly on the way; for a continuous column
 * with more values than are kept, `edgesToCount` asks for a second reading on the edges found.
 */
export class NumericAccumulator {
  private readonly name: string;
  private readonly type: NumericProfile['type'];
  private readonly fixed: HistogramCounter | undefined;
  private rows = 0;
  private nulls = 0;
  private nan = 0;
  private positiveInfinities = 0;
  private negativeInfinities = 0;
  private n = 0;
  private min = Infinity;
  private max = -Infinity;
  private mean = 0;
  private m2 = 0;
  private tracked: Map<number, number> | undefined = new Map();
  private readonly sample = new KeyedSample(MAX_SAMPLED);

  /** `edges`: those of a reference, to count on instead of finding own ones. */
  constructor(name: string, type: NumericProfile['type'], edges?: readonly number[]) {
    this.name = name;
    this.type = type;
    this.fixed = edges === undefined || edges.length === 0 ? undefined : new HistogramCounter(edges);
  }

  /** `keys`: one for each row. */
  add(column: Column, keys: Uint32Array): void {
    this.rows += column.values.length;
    if (column.type === 'string') {
      // Only a column without any value comes as text beside numbers.
      this.nulls += column.values.length;
      return;
    }
    const { values, nulls } = column;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] ?? Number.NaN;
      if (nulls?.[i] === 1) this.nulls += 1;
      else if (Number.isFinite(value)) this.addFinite(value === 0 ? 0 : value, keys[i] ?? 0);
      else if (value === Infinity) this.positiveInfinities += 1;
      else if (value === -Infinity) this.negativeInfinities += 1;
      else this.nan += 1;
    }
  }

  private addFinite(value: number, key: number): void {
    this.n += 1;
    const delta = value - this.mean;
    this.mean += delta / this.n;
    this.m2 += delta * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.tracked !== undefined) {
      this.tracked.set(value, (this.tracked.get(value) ?? 0) + 1);
      if (this.tracked.size > MAX_TRACKED) this.tracked = undefined;
    }
    if (this.fixed === undefined) this.sample.add(value, key);
    else this.fixed.add(value);
  }

  /** Edges to count on in a second reading; undefined when everything is known. */
  edgesToCount(): Float64Array | undefined {
    const known = this.fixed !== undefined || this.tracked !== undefined || this.sample.complete;
    if (known) return undefined;
    // The sample may lack the extremes.
    const edges = equalDepthEdges(this.sample.sorted(), undefined, MAX_EDGES - 2);
    const inner = edges.filter((edge) => edge > this.min && edge < this.max);
    return Float64Array.from([this.min, ...inner, this.max]);
  }

  finish(counted?: HistogramCounter): NumericProfile {
    return {
      kind: 'numeric',
      name: this.name,
      type: this.type,
      rows: this.rows,
      nulls: this.nulls,
      nan: this.nan,
      positiveInfinities: this.positiveInfinities,
      negativeInfinities: this.negativeInfinities,
      moments: this.moments(),
      distinct: this.tracked?.size ?? MAX_TRACKED + 1,
      distinctExact: this.tracked !== undefined,
      histogram: (this.fixed ?? counted)?.finish() ?? this.ownHistogram(),
    };
  }

  private moments(): Moments {
    const some = this.n > 0;
    return {
      n: this.n,
      min: some ? this.min : null,
      max: some ? this.max : null,
      mean: some ? this.mean : null,
      m2: this.m2,
    };
  }

  private ownHistogram(): Histogram {
    if (this.tracked === undefined) {
      const values = this.sample.sorted();
      const counter = new HistogramCounter(equalDepthEdges(values));
      for (const value of values) counter.add(value);
      return counter.finish();
    }
    const entries = [...this.tracked].sort(([a], [b]) => a - b);
    const values = Float64Array.from(entries, ([value]) => value);
    const counts = Float64Array.from(entries, ([, count]) => count);
    const edges = values.length <= MAX_EDGES ? values : equalDepthEdges(values, counts);
    const counter = new HistogramCounter(edges);
    entries.forEach(([value, count]) => counter.add(value, count));
    return counter.finish();
  }
}

/**
 * The values whose row keys lie below a bound; the bound is halved whenever there are too many. What is kept
 * in the end depends on values and keys, not on their order.
 */
class KeyedSample {
  private readonly limit: number;
  private values = new Float64Array(1024);
  private keys = new Uint32Array(1024);
  private size = 0;
  private bound = 0x1_0000_0000;

  constructor(limit: number) {
    this.limit = limit;
  }

  get complete(): boolean {
    return this.bound === 0x1_0000_0000;
  }

  add(value: number, key: number): void {
    if (key >= this.bound) return;
    if (this.size === this.values.length) this.grow();
    this.values[this.size] = value;
    this.keys[this.size] = key;
    this.size += 1;
    while (this.size > this.limit) this.halve();
  }

  sorted(): Float64Array {
    return this.values.slice(0, this.size).sort();
  }

  private grow(): void {
    const size = this.values.length * 2;
    const values = new Float64Array(size);
    values.set(this.values);
    const keys = new Uint32Array(size);
    keys.set(this.keys);
    this.values = values;
    this.keys = keys;
  }

  private halve(): void {
    this.bound /= 2;
    let kept = 0;
    for (let i = 0; i < this.size; i += 1) {
      const key = this.keys[i] ?? 0;
      if (key >= this.bound) continue;
      this.values[kept] = this.values[i] ?? 0;
      this.keys[kept] = key;
      kept += 1;
    }
    this.size = kept;
  }
}
