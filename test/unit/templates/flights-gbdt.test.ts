import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { load, type Settings } from './flights-template.ts';

const { trainTrees, predict } = await load('lib/gbdt.js');
const { measure } = await load('lib/metrics.js');

const SETTINGS: Settings = {
  trees: 30,
  depth: 4,
  learning_rate: 0.3,
  min_leaf: 5,
  l2: 1,
  sample: 1,
  seed: 1,
};

/** Numbers from 0 to 1 without a random generator: the fractional parts of multiples of an irrational. */
const spread = (rows: number, step: number): Float32Array =>
  Float32Array.from({ length: rows }, (_, row) => (row * step) % 1);

/** 4,000 rows; "yes" exactly where one of two numbers is high, and a third number that says nothing. */
function exclusiveOr(): { features: { name: string; values: Float32Array }[]; labels: Uint8Array } {
  const a = spread(4000, Math.SQRT2);
  const b = spread(4000, Math.sqrt(3));
  const noise = spread(4000, Math.sqrt(5));
  const labels = Uint8Array.from(a, (value, row) => (value > 0.5 !== b[row]! > 0.5 ? 1 : 0));
  return {
    features: [
      { name: 'a', values: a },
      { name: 'b', values: b },
      { name: 'noise', values: noise },
    ],
    labels,
  };
}

test('learns an exclusive or, which no sum of one-column rules can', () => {
  const { features, labels } = exclusiveOr();
  const model = trainTrees({ features, labels, settings: SETTINGS });
  const probabilities = predict(
    model,
    features.map(({ values }) => values),
  );
  const { auc, accuracy } = measure(probabilities, labels, 0.5);
  expect(auc).toBeGreaterThan(0.99);
  expect(accuracy).toBeGreaterThan(0.97);
  const [a, b, noise] = model.gain;
  expect(noise).toBeLessThan(0.1 * Math.min(a!, b!));

  const stumps = trainTrees({ features, labels, settings: { ...SETTINGS, depth: 1 } });
  expect(
    measure(
      predict(
        stumps,
        features.map(({ values }) => values),
      ),
      labels,
      0.5,
    )['auc'],
  ).toBeLessThan(0.7);
});

test('the loss falls with every tree when all rows are looked at', () => {
  const { features, labels } = exclusiveOr();
  const losses: number[] = [];
  trainTrees({ features, labels, settings: SETTINGS, onTree: (_, loss) => losses.push(loss) });
  expect(losses.length).toBe(SETTINGS.trees);
  for (const [at, loss] of losses.entries()) if (at > 0) expect(loss).toBeLessThan(losses[at - 1]!);
});

test('the loss it tells is the log loss of what it predicts', () => {
  const { features, labels } = exclusiveOr();
  let told = NaN;
  const model = trainTrees({ features, labels, settings: SETTINGS, onTree: (_, loss) => (told = loss) });
  const probabilities = predict(
    model,
    features.map(({ values }) => values),
  );
  expect(told).toBeCloseTo(measure(probabilities, labels, 0.5)['log_loss']!, 10);
});

test('one stump on one column gives the leaves of the paper: base - rate * G / (H + l2)', () => {
  const values = Float32Array.from([1, 1, 1, 1, 2, 2, 2, 2]);
  const labels = Uint8Array.from([0, 0, 0, 1, 1, 1, 1, 0]);
  const settings = { ...SETTINGS, trees: 1, depth: 1, min_leaf: 1, learning_rate: 0.5, l2: 2 };
  const model = trainTrees({ features: [{ name: 'x', values }], labels, settings });
  // Half are "yes": base 0, gradient -0.5 or 0.5, hessian 0.25. Left: G = 1.5 - 0.5 = 1, H = 1.
  expect(model.base).toBe(0);
  const leaf = Math.fround((0.5 * 1) / (1 + 2));
  expect(model.trees).toEqual([
    {
      feature: [0, -1, -1],
      threshold: [1, 0, 0],
      left: [1, 0, 0],
      right: [2, 0, 0],
      value: [0, -leaf, leaf],
    },
  ]);
  // Gain: 1 / 3 + 1 / 3 - 0.
  expect(model.gain[0]).toBeCloseTo(2 / 3, 12);
});

test('the same seed gives the same trees, another seed others', () => {
  const { features, labels } = exclusiveOr();
  const grow = (seed: number): string =>
    JSON.stringify(trainTrees({ features, labels, settings: { ...SETTINGS, sample: 0.5, seed } }));
  expect(grow(7)).toBe(grow(7));
  expect(grow(8)).not.toBe(grow(7));
});

test('depth and leaf size are kept, on any data', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ x: fc.integer({ min: -9, max: 9 }), y: fc.float({ noNaN: true }), late: fc.boolean() }),
        {
          minLength: 1,
          maxLength: 80,
        },
      ),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 12 }),
      (rows, depth, min_leaf) => {
        const features = [
          { name: 'x', values: rows.map(({ x }) => x) },
          { name: 'y', values: Float32Array.from(rows, ({ y }) => y) },
        ];
        const labels = Uint8Array.from(rows, ({ late }) => (late ? 1 : 0));
        const settings = { ...SETTINGS, trees: 3, depth, min_leaf };
        const model = trainTrees({ features, labels, settings });
        for (const { feature, threshold, left, right } of model.trees) {
          const reached = new Map<number, number>();
          for (let row = 0; row < rows.length; row += 1) {
            let node = 0;
            let steps = 0;
            while (feature[node]! >= 0) {
              const value = features[feature[node]!]!.values[row]!;
              node = value <= threshold[node]! ? left[node]! : right[node]!;
              steps += 1;
            }
            expect(steps).toBeLessThanOrEqual(depth);
            reached.set(node, (reached.get(node) ?? 0) + 1);
          }
          const leaves = feature.filter((each) => each < 0).length;
          expect(reached.size).toBe(leaves);
          if (leaves > 1) expect(Math.min(...reached.values())).toBeGreaterThanOrEqual(min_leaf);
        }
        for (const each of predict(
          model,
          features.map(({ values }) => values),
        )) {
          expect(each).toBeGreaterThan(0);
          expect(each).toBeLessThan(1);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('auc counts a tie half, and equals the share of rightly ordered pairs', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ p: fc.integer({ min: 0, max: 5 }), late: fc.boolean() }), {
        minLength: 2,
        maxLength: 40,
      }),
      (rows) => {
        const yes = rows.filter(({ late }) => late);
        const no = rows.filter(({ late }) => !late);
        fc.pre(yes.length > 0 && no.length > 0);
        let pairs = 0;
        for (const a of yes) for (const b of no) pairs += a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0;
        const labels = Uint8Array.from(rows, ({ late }) => (late ? 1 : 0));
        const { auc } = measure(
          rows.map(({ p }) => p / 5),
          labels,
          0.5,
        );
        expect(auc).toBeCloseTo(pairs / (yes.length * no.length), 12);
      },
    ),
  );
});
