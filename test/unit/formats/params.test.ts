import { describe, expect, test } from 'vitest';
import { flattenParams, getParam, parseParams } from '#formats/params.ts';
import { changeParams, parseParamChange } from '#formats/params-edit.ts';

test('values are found by dotted keys, also in lists', () => {
  const root = parseParams('a: {b: 1}\nlist: [{c: x}]\n"dotted.key": 2\n', 'params.yaml');
  expect(getParam(root, 'a.b')).toEqual({ found: true, value: 1 });
  expect(getParam(root, 'list.0.c')).toEqual({ found: true, value: 'x' });
  expect(getParam(root, 'list.1.c')).toEqual({ found: false });
  expect(getParam(root, 'a.toString')).toEqual({ found: false });
});

test('leaves', () => {
  expect(flattenParams({ a: { b: 1, c: {} }, d: [1, 2], e: null })).toEqual({
    'a.b': 1,
    'a.c': {},
    d: [1, 2],
    e: null,
  });
});

test.each([
  ['{"a": 1,\n  b}', 'params.json', 'params.json:2:3: this is not JSON'],
  ['a: [1\n', 'params.yaml', /^params\.yaml:2:1: /],
  ['[1]', 'params.json', 'params.json:1:1: expected "key: value" lines'],
  ['a = 1', 'params.toml', 'params.toml: a params file ends in .yaml, .yml or .json'],
])('%j as %s is refused', (text, name, message) => {
  expect(() => parseParams(text, name)).toThrow(message);
});

describe('changing a params file', () => {
  const YAML = `# how to train
train:
  trees: 60   # more is slower
  rate: 0.1
  months: [2001-01, 2001-02]
split: "2001-04"
empty:
nested:
  a: 1
  b: 2
last: x
`;

  test.each<[string, unknown, string, string]>([
    ['train.trees', 120, 'trees: 60 ', 'trees: 120 '],
    ['train.rate', 0.05, 'rate: 0.1', 'rate: 0.05'],
    ['train.months', ['2001-01'], '[2001-01, 2001-02]', '[2001-01]'],
    ['train.months.0', 'a: b', '[2001-01,', '["a: b",'],
    ['split', '2001-05', '"2001-04"', '"2001-05"'],
    ['empty', 3, 'empty:\n', 'empty: 3\n'],
    ['nested', { a: 1 }, 'nested:\n  a: 1\n  b: 2\n', 'nested:\n  {a: 1}\n'],
    ['nested.a', null, 'a: 1\n', 'a: null\n'],
  ])('%s = %j changes nothing else', (key, value, from, to) => {
    expect(YAML).toContain(from);
    expect(changeParams(YAML, 'params.yaml', [{ key, value }])).toBe(YAML.replace(from, to));
  });

  test('a list and a map', () => {
    const text = changeParams(YAML, 'params.yaml', [{ key: 'train.months.1', value: '2001-03' }]);
    expect(parseParams(text, 'params.yaml')).toMatchObject({ train: { months: ['2001-01', '2001-03'] } });
  });

  test('JSON keeps its indentation', () => {
    expect(changeParams('{\n    "a": {"b": 1}\n}\n', 'params.json', [{ key: 'a.b', value: 2 }])).toBe(
      '{\n    "a": {\n        "b": 2\n    }\n}\n',
    );
  });

  test('a key that is not there is refused, with the one that was meant', () => {
    expect(() => changeParams(YAML, 'params.yaml', [{ key: 'train.tres', value: 1 }])).toThrow(
      'params.yaml has no parameter "train.tres"; did you mean "train.trees"?',
    );
  });
});

test.each([
  ['train.trees=120', { file: undefined, key: 'train.trees', value: 120 }],
  ['a=', { file: undefined, key: 'a', value: '' }],
  ['a=b=c', { file: undefined, key: 'a', value: 'b=c' }],
  ['conf/other.yaml:a.b=[1, x]', { file: 'conf/other.yaml', key: 'a.b', value: [1, 'x'] }],
  ['a=true', { file: undefined, key: 'a', value: true }],
  ['url=http://x:1', { file: undefined, key: 'url', value: 'http://x:1' }],
])('%s', (word, change) => {
  expect(parseParamChange(word)).toEqual(change);
});

test.each(['a', '=1', ''])('%j is no change', (word) => {
  expect(() => parseParamChange(word)).toThrow('--param takes key=value');
});
