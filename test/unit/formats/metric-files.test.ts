import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMetricFile } from '#formats/metric-files.ts';
import { dvcliveMetrics, isDvcliveMetricFile } from '#formats/metric-files-dvclive.ts';
import type { MetricReading } from '#formats/metric-points.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (name: string, text: string): MetricReading => readMetricFile(name, bytes(text));
const short = (reading: MetricReading): readonly unknown[] =>
  reading.points.map((point) => [point.key, point.step, point.value]);

describe('JSON', () => {
  test('nested names are joined; words, booleans and nulls are left out', () => {
    const text = '{"auc": 0.9, "val": {"f1": {"macro": 1e-3}}, "model": "gbt", "done": true, "x": null}';
    expect(read('metrics.json', text)).toEqual({
      points: [
        { key: 'auc', value: 0.9, step: 0 },
        { key: 'val.f1.macro', value: 0.001, step: 0 },
      ],
      problem: undefined,
    });
  });

  test('NaN and infinities as Python writes them, and as text', () => {
    const text =
      '{"a": NaN, "b": -Infinity, "c": [Infinity, 1], "d": "NaN", "note": "NaN, Infinity", "e": "fine"}';
    expect(short(read('m.json', text))).toEqual([
      ['a', 0, NaN],
      ['b', 0, -Infinity],
      ['c', 0, Infinity],
      ['c', 1, 1],
      ['d', 0, NaN],
    ]);
  });

  test('a list of numbers is a series, as Keras keeps its history', () => {
    expect(short(read('m.json', '{"loss": [0.5, 0.25], "mixed": [1, "a"], "none": []}'))).toEqual([
      ['loss', 0, 0.5],
      ['loss', 1, 0.25],
    ]);
  });

  test('a list of objects is a log; a step at the top is the step of all', () => {
    expect(short(read('m.json', '[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}]'))).toEqual([
      ['loss', 1, 0.5],
      ['loss', 2, 0.4],
    ]);
    expect(short(read('m.json', '{"step": 12, "loss": 0.1}'))).toEqual([['loss', 12, 0.1]]);
  });

  test('a byte-order mark is no problem', () => {
    expect(short(read('m.json', '\ufeff{"a": 1}'))).toEqual([['a', 0, 1]]);
  });

  test.each([
    ['{"a": 1,\n "b": }', 'line 2, column 7: this is not JSON'],
    ['{"a": NaN, "b": Infinity, "c": ?}', 'line 1, column 32: this is not JSON'],
    ['{"a": 1', 'line 1, column 8: this is not JSON'],
    ['', 'line 1, column 1: this is not JSON'],
    ['[1, 2]', 'line 1: expected an object such as {"auc": 0.9}'],
    ['3', 'line 1: expected an object such as {"auc": 0.9}'],
  ])('%j: the place is named', (text, problem) => {
    expect(read('m.json', text)).toEqual({ points: [], problem });
  });
});

describe('JSON lines', () => {
  test('step, time in seconds or as text, and rows that count themselves', () => {
    const text = `{"step": 5, "loss": 0.3, "timestamp": 1700000000.5}

{"loss": 0.2, "time": "2024-01-01T00:00:00Z"}
{"loss": 0.1, "time": 0.35}
`;
    expect(read('log.jsonl', text)).toEqual({
      points: [
        { key: 'loss', value: 0.3, step: 5, timestamp: 1_700_000_000_500 },
        { key: 'loss', value: 0.2, step: 1, timestamp: Date.parse('2024-01-01T00:00:00Z') },
        { key: 'loss', value: 0.1, step: 2 },
        { key: 'time', value: 0.35, step: 2 },
      ],
      problem: undefined,
    });
  });

  test('half of a last line: what is before it counts', () => {
    const reading = read('log.ndjson', '{"step":1,"a":1}\n{"step":2,"a":2}\n{"step":3,"a');
    expect(short(reading)).toEqual([
      ['a', 1, 1],
      ['a', 2, 2],
    ]);
    expect(reading.problem).toBe('line 3: this is not JSON');
  });

  test('a line that is no object is named', () => {
    expect(read('log.jsonl', '{"a":1}\n7\n').problem).toMatch(/^line 2: expected an object/);
  });
});

describe('CSV and TSV', () => {
  test('Keras CSVLogger', () => {
    expect(short(read('log.csv', 'epoch,accuracy,loss\n0,0.5,1.2\n1,0.75,nan\n'))).toEqual([
      ['accuracy', 0, 0.5],
      ['loss', 0, 1.2],
      ['accuracy', 1, 0.75],
      ['loss', 1, NaN],
    ]);
  });

  test('Lightning leaves cells empty and has both epoch and step', () => {
    const text = 'epoch,step,train_loss,val_acc\r\n0,9,0.7,\r\n0,19,,0.6\r\n';
    expect(short(read('metrics.csv', text))).toEqual([
      ['epoch', 9, 0],
      ['train_loss', 9, 0.7],
      ['epoch', 19, 0],
      ['val_acc', 19, 0.6],
    ]);
  });

  test('quoted cells may hold the delimiter; wordy cells are left out', () => {
    expect(short(read('m.csv', '"a, b",name\n"1.5","x ""y"", z"\n'))).toEqual([['a, b', 0, 1.5]]);
  });

  test.each([
    ['', 'line 1: expected a header with column names'],
    ['1,2,3\n4,5,6\n', 'line 1: expected column names, found numbers'],
    ['a,b\n1,2\n3\n', 'line 3: 1 cells under 2 column names'],
  ])('%j: the place is named', (text, problem) => {
    expect(read('m.csv', text).problem).toBe(problem);
  });
});

describe('what is no metrics file', () => {
  test('a binary file: the byte is named', () => {
    expect(readMetricFile('metrics.json', Uint8Array.of(0x7b, 0x22, 0, 0xff))).toEqual({
      points: [],
      problem: 'byte 2: a NUL; this is no text file',
    });
    expect(readMetricFile('metrics.json', Uint8Array.of(0x7b, 0xc3, 0xa9, 0xff, 0xfe))).toEqual({
      points: [],
      problem: 'byte 3: this is not UTF-8 text',
    });
  });

  test('an unknown ending', () => {
    expect(read('metrics.pkl', 'x').problem).toContain('.json, .jsonl');
  });

  test('any bytes under any name: an answer, never a throw, and only numbers with whole steps', () => {
    const name = fc.constantFrom('m.json', 'm.jsonl', 'm.csv', 'm.tsv', 'm.bin');
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map(bytes),
      fc.json().map(bytes),
      fc.array(fc.json(), { maxLength: 4 }).map((lines) => bytes(lines.join('\n'))),
    );
    fc.assert(
      fc.property(name, content, (file, data) => {
        const reading = readMetricFile(file, data);
        for (const point of reading.points) {
          expect(typeof point.value).toBe('number');
          expect(Number.isInteger(point.step)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('numbers written as JSON come back exactly', () => {
    const numbers = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(numbers, (metrics) => {
        const { step: _step, ...rest } = metrics;
        const found = read('m.json', JSON.stringify(rest)).points;
        // JSON writes -0 as 0.
        expect(Object.fromEntries(found.map((point) => [point.key, point.value]))).toEqual(
          Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, value + 0])),
        );
      }),
    );
  });
});

describe('a DVCLive folder', () => {
  // Layout of dvclive 3: https://dvc.org/doc/dvclive/how-it-works
  const files = [
    { path: 'metrics.json', bytes: bytes('{"train": {"acc": 0.8}, "final": 0.9, "step": 1}') },
    { path: 'plots/metrics/train/acc.tsv', bytes: bytes('step\tacc\n0\t0.6\n1\t0.8\n') },
    { path: 'plots/metrics/loss.tsv', bytes: bytes('timestamp\tstep\tloss\n1700000000000\t0\t0.5\n') },
  ];

  test('series under their whole name; last values of what has no series', () => {
    expect(dvcliveMetrics(files)).toEqual({
      points: [
        { key: 'train/acc', value: 0.6, step: 0 },
        { key: 'train/acc', value: 0.8, step: 1 },
        { key: 'loss', value: 0.5, step: 0, timestamp: 1_700_000_000_000 },
        { key: 'final', value: 0.9, step: 1 },
      ],
      problem: undefined,
    });
  });

  test('one broken file does not hide the others', () => {
    const broken = { path: 'plots/metrics/bad.tsv', bytes: Uint8Array.of(0, 1) };
    const reading = dvcliveMetrics([...files, broken]);
    expect(reading.points).toHaveLength(4);
    expect(reading.problem).toBe('plots/metrics/bad.tsv: byte 0: a NUL; this is no text file');
  });

  test('images and parameters are not metrics', () => {
    const paths = [
      'metrics.json',
      'params.yaml',
      'plots/images/a.png',
      'plots/metrics/a/b.tsv',
      'report.html',
    ];
    expect(paths.filter(isDvcliveMetricFile)).toEqual(['metrics.json', 'plots/metrics/a/b.tsv']);
  });
});
