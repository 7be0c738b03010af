import { describe, expect, test } from 'vitest';
import { commandLineParams, withoutSecrets } from '#formats/command-line-params.ts';

const params = (line: string): unknown => commandLineParams(line.split(' '));

describe('params of a command line', () => {
  test.each([
    ['python train.py --lr 0.1 --depth=6', { lr: '0.1', depth: '6' }],
    ['python -u -X dev train.py --verbose --seed -1', { verbose: 'true', seed: '-1' }],
    ['python3.11 -m pkg.train model.lr=0.1 +data=big', { 'model.lr': '0.1', data: 'big' }],
    ['node --max-old-space-size=4096 train.mjs --trees 40', { trees: '40' }],
    ['./train.sh --fast -x 3 data.csv', { fast: 'true' }],
    ['uv run python train.py --lr 1', { lr: '1' }],
    ['train --a=b=c --empty=', { a: 'b=c', empty: '' }],
    ['python train.py -- --not-mine 1', {}],
    ['python train.py --api-key sk-123 --hf_token=abc', { 'api-key': '***', hf_token: '***' }],
    ['python', {}],
  ])('%s', (line, expected) => {
    expect(params(line)).toEqual(expected);
  });

  test('no words, no params', () => {
    expect(commandLineParams([])).toEqual({});
  });
});

describe('secrets in a command line', () => {
  test.each([
    ['train --api-key=abc --lr 0.1', 'train --api-key=*** --lr 0.1'],
    ["train --hf-token 'a b' x", 'train --hf-token *** x'],
    ['HF_TOKEN=abc train', 'HF_TOKEN=*** train'],
    ['train +db.password=abc', 'train +db.password=***'],
    ['train --tokens --lr 1', 'train --tokens --lr 1'],
    ['python token.py data.csv', 'python token.py data.csv'],
  ])('%s', (line, expected) => {
    expect(withoutSecrets(line)).toBe(expected);
  });
});
