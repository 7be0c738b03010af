import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryTable } from '#adapters/tables/memory-table.ts';
import type { Column } from '#adapters/tables/table.ts';
import { histogramTotal, MAX_EDGES } from '#features/profiles/histogram.ts';
import { mergeProfiles, profileBytes, profileTables } from '#features/profiles/index.ts';
import type { CategoryProfile, Profile } from '#features/profiles/types.ts';
import { floats, normals, numericOf, profileOf, texts } from './made-data.ts';

function categoryOf(profile: Profile, name: string): CategoryProfile {
  const column = profile.columns.find((candidate) => candidate.name === name);
  if (column?.kind !== 'category') throw new Error(`no category column ${name}`);
  return column;
}

const text = (profile: Profile): string => new TextDecoder().decode(profileBytes(profile));

describe('a profile', () => {
  it('describes numbers, texts, booleans and times', async () => {
    const profile = await profileOf([
      {
        name: 'x',
        type: 'float',
        values: Float64Array.of(1, 1, 2, 4, Number.NaN, Number.NaN, Infinity, -Infinity),
        nulls: Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0),
      },
      texts('s', ['b', 'a', 'b', null, '', 'ccc', 'a', 'b']),
      { name: 'b', type: 'bool', values: Float64Array.of(1, 1, 0, 0, 0, 0, 1, 0), nulls: undefined },
      { name: 't', type: 'datetime', values: Float64Array.of(5, 3, 9, 4, 4, 4, 4, 4), nulls: undefined },
    ]);
    expect(profile).toMatchObject({ format: 'mlo/profile', version: 1, rows: 8 });
    expect(profile.columns).toEqual([
      {
        kind: 'numeric',
        name: 'x',
        type: 'float',
        rows: 8,
        nulls: 1,
        nan: 1,
        positiveInfinities: 1,
        negativeInfinities: 1,
        moments: { n: 4, min: 1, max: 4, mean: 2, m2: expect.closeTo(6, 12) },
        distinct: 3,
        distinctExact: true,
        histogram: {
          edges: [1, 2, 4],
          at: [2, 1, 1],
          between: [0, 0],
          below: 0,
          above: 0,
          belowBy: 0,
          aboveBy: 0,
        },
      },
      {
        kind: 'category',
        name: 's',
        type: 'string',
        rows: 8,
        nulls: 1,
        distinct: 4,
        distinctExact: true,
        categories: {
          values: [
            ['b', 3],
            ['a', 2],
            ['', 1],
            ['ccc', 1],
          ],
          other: 0,
          complete: true,
          buckets: null,
        },
        length: { min: 0, max: 3, mean: 8 / 7 },
      },
      {
        kind: 'category',
        name: 'b',
        type: 'bool',
        rows: 8,
        nulls: 0,
        distinct: 2,
        distinctExact: true,
        categories: {
          values: [
            ['false', 5],
            ['true', 3],
          ],
          other: 0,
          complete: true,
          buckets: null,
        },
        length: null,
      },
      { kind: 'datetime', type: 'datetime', name: 't', rows: 8, nulls: 0, min: 3, max: 9 },
    ]);
  });

  it('has no value of no rows, and is JSON that reads back', async () => {
    const profile = await profileOf([floats('x', []), texts('s', [])]);
    expect(numericOf(profile, 'x')).toMatchObject({
      moments: { n: 0, min: null, max: null, mean: null, m2: 0 },
      histogram: { edges: [], at: [], between: [] },
    });
    expect(JSON.parse(text(profile))).toEqual(profile);
  });

  // 300,000 different numbers are too many to keep: their edges come from a sample, their counts from a second reading.
  it('is the same bytes however the rows are cut into batches', async () => {
    const n = 300_000;
    const columns: Column[] = [
      floats('continuous', normals(n, 7)),
      floats(
        'discrete',
        Array.from({ length: n }, (_, i) => (i * i) % 1009),
      ),
      floats(
        'wide',
        Array.from({ length: n }, (_, i) => (i * i) % 2999),
      ),
      texts(
        'ids',
        Array.from({ length: n }, (_, i) => `id-${i % 150_000}`),
      ),
    ];
    const whole = await profileOf(columns, { batchRows: n });
    expect(text(await profileOf(columns, { batchRows: 65_536 }))).toBe(text(whole));
    expect(text(await profileOf(columns, { batchRows: 997 }))).toBe(text(whole));
  });

  it('counts every value once, on rising edges of about equal depth', async () => {
    const values = normals(300_000, 3);
    values.fill(0, 0, 30_000);
    const { histogram, moments, distinctExact } = numericOf(await profileOf([floats('x', values)]), 'x');
    expect(histogramTotal(histogram)).toBe(values.length);
    expect([histogram.below, histogram.above]).toEqual([0, 0]);
    expect(histogram.edges.length).toBeGreaterThan(900);
    expect(histogram.edges.length).toBeLessThanOrEqual(MAX_EDGES);
    expect(histogram.edges.every((edge, i) => i === 0 || edge > histogram.edges[i - 1]!)).toBe(true);
    expect([histogram.edges[0], histogram.edges.at(-1)]).toEqual([moments.min, moments.max]);
    expect(Math.max(...histogram.between)).toBeLessThan((values.length / 1000) * 1.5);
    // The heavy single value is an edge of its own.
    expect(histogram.at[histogram.edges.indexOf(0)]).toBe(30_000);
    expect(distinctExact).toBe(false);
  });

  it('agrees with the plain formulas for mean and variance', async () => {
    const values = normals(10_000, 5, 1e6);
    const { moments } = numericOf(await profileOf([floats('x', values)]), 'x');
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const m2 = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(moments.mean).toBeCloseTo(mean, 6);
    expect(moments.m2 / m2).toBeCloseTo(1, 9);
  });

  it('lists the top 200 of many categories and says that it is not all', async () => {
    const values = Array.from({ length: 4000 }, (_, i) => (i < 2000 ? `often-${i % 100}` : `once-${i}`));
    const { categories, distinct, distinctExact } = categoryOf(await profileOf([texts('s', values)]), 's');
    expect(categories.values).toHaveLength(200);
    expect(categories.values[0]).toEqual(['often-0', 20]);
    expect(categories.other).toBe(1900);
    expect([categories.complete, distinct, distinctExact]).toEqual([false, 2100, true]);
  });

  it('counts on the edges and categories of a reference when told to', async () => {
    const reference = await profileOf([floats('x', [0, 1, 2]), texts('s', ['a', 'b', 'a'])]);
    const current = await profileOf([floats('x', [-1, 0.5, 2, 5]), texts('s', ['b', 'c', 'c', null])], {
      edgesFrom: reference,
    });
    expect(numericOf(current, 'x').histogram).toEqual({
      edges: [0, 1, 2],
      at: [0, 0, 1],
      between: [1, 0],
      below: 1,
      above: 1,
      belowBy: 1,
      aboveBy: 3,
    });
    expect(categoryOf(current, 's').categories.values).toEqual([
      ['c', 2],
      ['b', 1],
      ['a', 0],
    ]);
  });

  it('samples the same rows whatever the batches, and other rows for other data', async () => {
    const column = floats(
      'row',
      Array.from({ length: 50_000 }, (_, i) => i),
    );
    const sample = (await profileOf([column])).sample;
    expect(sample.keys).toHaveLength(2000);
    expect((await profileOf([column], { batchRows: 13 })).sample).toEqual(sample);
    expect((await profileOf([column], { seed: 2 })).sample.columns).not.toEqual(sample.columns);
    // Uniform: the mean of 2,000 of 0..49,999 lies within four standard errors.
    const rows = sample.columns[0]!.map(Number);
    const mean = rows.reduce((sum, row) => sum + row, 0) / rows.length;
    expect(Math.abs(mean - 25_000)).toBeLessThan(4 * (50_000 / Math.sqrt(12 * 2000)));
  });

  it('keeps no row of the data when told to', async () => {
    const table = memoryTable('test', [floats('x', normals(5000, 1)), texts('s', ['a'])]);
    const profile = await profileTables({ tables: [{ table, seed: 1 }], columns: ['x'], sampleRows: 0 });
    expect(profile.sample).toEqual({ keys: [], columns: [[]] });
    expect(profile.rows).toBe(5000);
  });

  it('refuses files of one dataset whose columns differ', async () => {
    const table = (name: string, columns: Column[]) => ({ table: memoryTable(name, columns), seed: 1 });
    const first = table('a.csv', [floats('x', [1]), texts('s', ['a'])]);
    await expect(profileTables({ tables: [first, table('b.csv', [floats('x', [1])])] })).rejects.toThrow(
      /b\.csv: has no column "s", which a\.csv has/,
    );
    await expect(
      profileTables({ tables: [first, table('b.csv', [texts('x', ['q']), texts('s', ['a'])])] }),
    ).rejects.toMatchObject({ code: 'MLO_TABLES_DIFFER' });
    // A column without any value has no type of its own.
    const joined = await profileTables({
      tables: [first, table('b.csv', [texts('x', [null]), texts('s', ['a'])])],
    });
    expect(numericOf(joined, 'x')).toMatchObject({ rows: 2, nulls: 1, moments: { n: 1 } });
  });
});

describe('merging profiles', () => {
  const rows = fc.array(
    fc.record({
      x: fc.oneof(fc.integer({ min: -5, max: 12 }), fc.double({ min: -3, max: 15, noNaN: true })),
      s: fc.constantFrom('a', 'b', 'c', 'd', null),
    }),
    { maxLength: 40 },
  );

  it('equals profiling everything at once, in any grouping', async () => {
    const reference = await profileOf([
      floats('x', [0, 1, 2, 3, 5, 8]),
      texts('s', ['a', 'a', 'b', 'b', 'b', 'a']),
    ]);
    const on = async (part: readonly { x: number; s: string | null }[], seed: number): Promise<Profile> =>
      profileOf(
        [
          floats(
            'x',
            part.map((row) => row.x),
          ),
          texts(
            's',
            part.map((row) => row.s),
          ),
        ],
        {
          edgesFrom: reference,
          seed,
        },
      );
    await fc.assert(
      fc.asyncProperty(rows, rows, rows, async (a, b, c) => {
        const [p, q, r] = [await on(a, 1), await on(b, 2), await on(c, 3)];
        const left = mergeProfiles([mergeProfiles([p, q]), r]);
        const right = mergeProfiles([p, mergeProfiles([q, r])]);
        const whole = await on([...a, ...b, ...c], 9);
        expect(left.sample).toEqual(right.sample);
        expect(left.rows).toBe(whole.rows);
        for (const merged of [left, right]) {
          const [x, all] = [numericOf(merged, 'x'), numericOf(whole, 'x')];
          expect(x.histogram.at).toEqual(all.histogram.at);
          expect(x.histogram.between).toEqual(all.histogram.between);
          expect([x.histogram.below, x.histogram.above]).toEqual([all.histogram.below, all.histogram.above]);
          expect(x.histogram.belowBy).toBeCloseTo(all.histogram.belowBy, 9);
          expect(x.moments.n).toBe(all.moments.n);
          expect([x.moments.min, x.moments.max]).toEqual([all.moments.min, all.moments.max]);
          expect(x.moments.mean ?? 0).toBeCloseTo(all.moments.mean ?? 0, 9);
          expect(x.moments.m2).toBeCloseTo(all.moments.m2, 6);
          const counts = (profile: Profile) =>
            Object.fromEntries(categoryOf(profile, 's').categories.values.filter(([, count]) => count > 0));
          expect(counts(merged)).toEqual(counts(whole));
          expect(categoryOf(merged, 's').distinct).toBe(Object.keys(counts(whole)).length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuses profiles that were counted on different edges', async () => {
    const [a, b] = [await profileOf([floats('x', [1, 2])]), await profileOf([floats('x', [1, 3])])];
    expect(() => mergeProfiles([a, b])).toThrow(/column "x" is counted on different edges/);
  });
});
