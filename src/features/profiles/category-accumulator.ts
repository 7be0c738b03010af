import type { Column } from '#adapters/tables/table.ts';
import { contentIdOf, shortId } from '#foundation/hash.ts';
import { addTo, bucketOf, BUCKETS } from './category-buckets.ts';
import type { Categories, CategoryCount, CategoryProfile } from './types.ts';

/** Different values counted one by one; rows with later ones go to `other`. */
const MAX_TRACKED = 100_000;
const MAX_TRACKED_UNITS = 16 << 20;
/** All values are listed up to this many, else the most frequent. */
const MAX_COMPLETE = 1024;
const TOP = 200;
const MAX_VALUE_UNITS = 256;

/** Counts the values of a text or boolean column. */
export class CategoryAccumulator {
  private readonly name: string;
  private readonly type: CategoryProfile['type'];
  private readonly counts = new Map<string, number>();
  private units = 0;
  private untracked = 0;
  private readonly untrackedBuckets = Array.from({ length: BUCKETS }, () => 0);
  private rows = 0;
  private nulls = 0;
  private minLength = Infinity;
  private maxLength = 0;
  private totalLength = 0;

  constructor(name: string, type: CategoryProfile['type']) {
    this.name = name;
    this.type = type;
  }

  add(column: Column): void {
    this.rows += column.values.length;
    if (column.type === 'string') {
      for (const value of column.values) {
        if (value === null) this.nulls += 1;
        else this.addText(value);
      }
      return;
    }
    column.values.forEach((value, i) => {
      if (column.nulls?.[i] === 1 || Number.isNaN(value)) this.nulls += 1;
      else this.count(value === 0 ? 'false' : 'true');
    });
  }

  private addText(value: string): void {
    if (value.length < this.minLength) this.minLength = value.length;
    if (value.length > this.maxLength) this.maxLength = value.length;
    this.totalLength += value.length;
    this.count(categoryOf(value));
  }

  private count(value: string): void {
    const known = this.counts.get(value);
    if (known !== undefined) this.counts.set(value, known + 1);
    else if (this.counts.size < MAX_TRACKED && this.units < MAX_TRACKED_UNITS) {
      this.counts.set(value, 1);
      this.units += value.length;
    } else {
      this.untracked += 1;
      addTo(this.untrackedBuckets, bucketOf(value), 1);
    }
  }

  /** `listed`: values of a reference, to be listed whether they occur or not. */
  finish(listed: readonly CategoryCount[] = []): CategoryProfile {
    const n = this.rows - this.nulls;
    return {
      kind: 'category',
      name: this.name,
      type: this.type,
      rows: this.rows,
      nulls: this.nulls,
      distinct: this.counts.size,
      distinctExact: this.untracked === 0,
      categories: this.categories(listed),
      length:
        this.type === 'string' && n > 0
          ? { min: this.minLength, max: this.maxLength, mean: this.totalLength / n }
          : null,
    };
  }

  private categories(listed: readonly CategoryCount[]): Categories {
    const ranked = [...this.counts].sort(byCount);
    const complete = this.untracked === 0 && ranked.length <= MAX_COMPLETE;
    const top = complete ? ranked : ranked.slice(0, TOP);
    const names = new Set(top.map(([value]) => value));
    const asked = listed.flatMap(([value]): CategoryCount[] =>
      names.has(value) ? [] : [[value, this.counts.get(value) ?? 0]],
    );
    const values = [...top, ...asked].sort(byCount);
    const counted = values.reduce((sum, [, count]) => sum + count, 0);
    const buckets = complete ? null : this.buckets();
    return { values, other: this.rows - this.nulls - counted, complete, buckets };
  }

  private buckets(): readonly number[] {
    const buckets = [...this.untrackedBuckets];
    for (const [value, count] of this.counts) addTo(buckets, bucketOf(value), count);
    return buckets;
  }
}

/** A long text stands as its start and a hash of the whole. */
export function categoryOf(value: string): string {
  if (value.length <= MAX_VALUE_UNITS) return value;
  return `${value.slice(0, 64)}… sha256:${shortId(contentIdOf(value))}`;
}

export function byCount([a, countA]: CategoryCount, [b, countB]: CategoryCount): number {
  return countB - countA || (a < b ? -1 : a > b ? 1 : 0);
}
