import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonErrorPlace } from '#formats/json-error.ts';

describe('where JSON breaks', () => {
  test.each([
    ['', 'line 1, column 1'],
    ['{"a": 1,\n "b": }', 'line 2, column 7'],
    ['{"a" 1}', 'line 1, column 6'],
    ['{"a": 1 "b": 2}', 'line 1, column 9'],
    ['{"a": 1,}', 'line 1, column 9'],
    ['[1, 2', 'line 1, column 6'],
    ['[1 2]', 'line 1, column 4'],
    ['[1,]', 'line 1, column 4'],
    ['[}', 'line 1, column 2'],
    ["{'a': 1}", 'line 1, column 2'],
    ['{"a": 01}', 'line 1, column 8'],
    ['{"a": "x\ny"}', 'line 1, column 7'],
    ['{} x', 'line 1, column 4'],
  ])('%j: %s', (text, place) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(jsonErrorPlace(text)).toBe(place);
  });

  test('correct JSON has its first error at its end, however nested', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(jsonErrorPlace(text)).toBe(`line 1, column ${text.length + 1}`);
      }),
    );
    const deep = '['.repeat(100_000);
    expect(jsonErrorPlace(deep)).toBe('line 1, column 100001');
  });

  test('a text cut anywhere breaks at its end, or where its last word began', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        const part = text.slice(0, cut % (text.length + 1));
        const column = Number(/column (\d+)/.exec(jsonErrorPlace(part))?.[1]);
        expect(column).toBeLessThanOrEqual(part.length + 1);
      }),
    );
  });
});
