import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jensenShannonDistance, wassersteinDistance } from '#features/profiles/distances.ts';
import { exactWasserstein, floats, normals, numericOf, profileOf } from './made-data.ts';

async function histogramDistance(a: ArrayLike<number>, b: ArrayLike<number>): Promise<number> {
  const reference = await profileOf([floats('x', a)]);
  const current = await profileOf([floats('x', b)], { edgesFrom: reference });
  return wassersteinDistance(numericOf(reference, 'x').histogram, numericOf(current, 'x').histogram);
}

describe('Jensen-Shannon distance', () => {
  // SciPy's definition (base None), recomputed in plain NumPy for Evidently's categorical and binned numeric columns.
  it.each([
    ['three categories', [500, 300, 200], [380, 360, 260], 0.0862050538135],
    ['a new category', [500, 300, 200, 0], [380, 360, 220, 40], 0.139894004813],
    [
      '13 Sturges bins of two low-discrepancy sequences',
      [174, 173, 175, 173, 174, 174, 174, 173, 174, 174, 174, 88, 0],
      [79, 117, 118, 120, 118, 118, 119, 119, 118, 118, 121, 118, 117],
      0.180508271612,
    ],
  ])('has the golden value of %s', (_name, reference, current, expected) => {
    expect(jensenShannonDistance(reference, current)).toBeCloseTo(expected, 11);
  });

  it('is sqrt(ln 2) for distributions that share nothing', () => {
    expect(jensenShannonDistance([3, 0], [0, 9])).toBeCloseTo(Math.sqrt(Math.LN2), 15);
  });

  it('is symmetric, zero for equal shares and never above its maximum', () => {
    const counts = fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }).filter((c) => c.some((n) => n > 0));
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const distance = jensenShannonDistance(a, b);
        expect(distance).toBeCloseTo(jensenShannonDistance(b, a), 12);
        expect(distance).toBeLessThanOrEqual(Math.sqrt(Math.LN2) + 1e-12);
        expect(
          jensenShannonDistance(
            a,
            a.map((n) => n * 3),
          ),
        ).toBeLessThan(1e-7);
      }),
    );
  });
});

describe('Wasserstein distance', () => {
  it('has the golden value of Evidently for two low-discrepancy sequences (W1 0.796516256873)', async () => {
    const fraction = (x: number): number => x - Math.floor(x);
    const reference = Array.from({ length: 2000 }, (_, i) => 10 * fraction((i + 1) * 0.6180339887498949));
    const current = Array.from({ length: 1500 }, (_, j) => 11 * fraction((j + 1) * 0.7548776662466927) + 0.3);
    expect(exactWasserstein(reference, current)).toBeCloseTo(0.796516256873, 11);
    // 2,000 different values on 1,024 edges: exact but for what happens inside one bin.
    expect(await histogramDistance(reference, current)).toBeCloseTo(0.796516256873, 4);
  });

  it('is exact for discrete data, out of the reference range too', async () => {
    const small = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(small, small, async (a, b) => {
        const onEdges = b.filter(
          (value) => a.includes(value) || value < Math.min(...a) || value > Math.max(...a),
        );
        fc.pre(onEdges.length > 0);
        expect(await histogramDistance(a, onEdges)).toBeCloseTo(exactWasserstein(a, onEdges), 9);
      }),
    );
  });

  it('is near the truth for continuous data, and zero for the same data', async () => {
    for (const [seed, shift] of [
      [1, 0],
      [2, 0.1],
      [3, 2],
    ] as const) {
      const [a, b] = [normals(30_000, seed), normals(20_000, seed + 10, shift)];
      const exact = exactWasserstein(a, b);
      // Far shifts put mass into the wide bins of the reference's tails.
      expect(Math.abs((await histogramDistance(a, b)) - exact)).toBeLessThan(0.002 + 0.02 * exact);
      expect(await histogramDistance(a, a)).toBe(0);
    }
  });

  it('counts both sides of a crossing inside one bin', async () => {
    // W1 between half 0, half 10 and the uniform distribution on 0..10 is 2.5.
    const uniform = Array.from({ length: 10_000 }, (_, i) => (i + 0.5) / 1000);
    expect(await histogramDistance([0, 10], uniform)).toBeCloseTo(2.5, 6);
  });

  it('sees a shift that stays between the values of a discrete reference', async () => {
    const hours = Array.from({ length: 24 * 50 }, (_, i) => i % 24);
    const shifted = hours.map((hour) => hour + 0.4);
    expect(await histogramDistance(hours, shifted)).toBeGreaterThan(0.35);
  });
});
