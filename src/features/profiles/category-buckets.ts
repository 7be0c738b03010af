import type { Categories } from './types.ts';

/** Buckets of columns with too many values to list. */
export const BUCKETS = 256;

/** Bucket of a value: FNV-1a over its UTF-16 code units, folded to a byte. */
export function bucketOf(value: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < value.length; i += 1) hash = Math.imul(hash ^ value.charCodeAt(i), 0x0100_0193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
}

/** Rows by bucket; of a complete list they are counted now. */
export function bucketsOf(categories: Categories): readonly number[] {
  if (categories.buckets !== null) return categories.buckets;
  const buckets = Array.from({ length: BUCKETS }, () => 0);
  for (const [value, count] of categories.values) addTo(buckets, bucketOf(value), count);
  return buckets;
}

export function addTo(buckets: number[], bucket: number, count: number): void {
  buckets[bucket] = (buckets[bucket] ?? 0) + count;
}
