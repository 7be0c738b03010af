import { describe, expect, test } from 'vitest';
import { PrintedMetrics } from '#formats/printed-metrics.ts';

const read = (...lines: readonly string[]): unknown[] => {
  const metrics = new PrintedMetrics();
  return lines.flatMap((line) => metrics.read(line)).map((point) => [point.key, point.step, point.value]);
};

describe('metrics in printed lines', () => {
  test.each([
    ['loss=0.31', [['loss', 0, 0.31]]],
    [
      'val_loss: -1.5e-3, acc = 97',
      [
        ['val_loss', 0, -0.0015],
        ['acc', 0, 97],
      ],
    ],
    [
      'Epoch 3/10 - loss: 0.25 (best: 0.2)',
      [
        ['loss', 3, 0.25],
        ['best', 3, 0.2],
      ],
    ],
    [
      'step=40 train/loss=nan lr=.1',
      [
        ['train/loss', 40, NaN],
        ['lr', 40, 0.1],
      ],
    ],
    ["{'loss': 1}", []],
    ['saved to model.bin', []],
    ['time 12:30:45 done', []],
    ['http://host:8080/x', []],
    ['version=1.2.3', []],
    ['path=/tmp/3', []],
    ['loss=0.3abc', []],
    ['gain=-inf', [['gain', 0, -Infinity]]],
  ])('%s', (line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  test('lines without a step count by name', () => {
    expect(read('loss=3', 'acc=1', 'loss=2', 'epoch 7 loss=1', 'loss=0')).toEqual([
      ['loss', 0, 3],
      ['acc', 0, 1],
      ['loss', 1, 2],
      ['loss', 7, 1],
      ['loss', 2, 0],
    ]);
  });
});
