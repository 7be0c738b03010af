import { expect, it } from 'vitest';
import { evaluateGates } from '../../../../src/features/models/evaluate-gates.ts';

const at = (ref: string, key: string, value: number) => ({
  ref,
  metrics: [{ key, value, timestamp: 0, step: 0 }],
});

it('compares with the champion in the stated direction and by the margin', () => {
  const versus = (direction: 'higher' | 'lower', margin: number, candidate: number, champion: number) =>
    evaluateGates(
      [{ versus: 'champion', metric: 'm', margin, direction }],
      at('a/2', 'm', candidate),
      at('a/1', 'm', champion),
    )[0];
  expect(versus('higher', 0.01, 0.71, 0.7)).toMatchObject({
    passed: true,
    rule: 'm >= champion (a/1) + 0.01',
  });
  expect(versus('higher', 0.02, 0.71, 0.7)).toMatchObject({ passed: false, needed: 0.72 });
  expect(versus('higher', -0.05, 0.66, 0.7)).toMatchObject({
    passed: true,
    rule: 'm >= champion (a/1) - 0.05',
  });
  expect(versus('lower', 0.1, 0.4, 0.5)).toMatchObject({ passed: true, rule: 'm <= champion (a/1) - 0.1' });
  expect(versus('lower', 0.1, 0.45, 0.5)).toMatchObject({ passed: false, needed: 0.4 });
  expect(versus('lower', -0.1, 0.55, 0.5)).toMatchObject({ passed: true, rule: 'm <= champion (a/1) + 0.1' });
});

it('refuses NaN, a missing metric and a champion without the metric', () => {
  const bound = { versus: undefined, metric: 'm', min: 0, max: 1 } as const;
  const all = (value: number) =>
    evaluateGates([bound], at('a/1', 'm', value), undefined).map((gate) => gate.passed);
  expect(all(0.5)).toEqual([true, true]);
  expect(all(2)).toEqual([true, false]);
  expect(all(Number.NaN)).toEqual([false, false]);
  const rule = { versus: 'champion', metric: 'm', margin: 0, direction: 'higher' } as const;
  expect(evaluateGates([rule], at('a/2', 'm', 1), at('a/1', 'other', 1))[0]).toMatchObject({ passed: false });
  expect(evaluateGates([rule], at('a/2', 'other', 1), at('a/1', 'm', 1))[0]).toMatchObject({ passed: false });
});
