import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flattenParams, getParam } from '#formats/params.ts';

const key = fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/);
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer()),
  fc.constant({}),
);
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, leaf, fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4 })),
})).node;
const params = fc.dictionary(key, tree, { maxKeys: 5 });

/** The inverse, written here: mlo never needs it. */
function unflatten(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const parts = path.split('.');
    let at = root;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
    at[parts.at(-1) ?? ''] = value;
  }
  return root;
}

describe('flattened params', () => {
  test('hold every value of the file and nothing else', () => {
    fc.assert(
      fc.property(params, (given) => {
        expect(unflatten(flattenParams(given))).toEqual(given);
      }),
    );
  });

  test('each is found in the file under its flat name', () => {
    fc.assert(
      fc.property(params, (given) => {
        for (const [name, value] of Object.entries(flattenParams(given))) {
          expect(getParam(given, name)).toEqual({ found: true, value });
        }
      }),
    );
  });
});
