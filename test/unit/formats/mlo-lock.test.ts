import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ContentId, RepoPath } from '#foundation/brands.ts';
import { isMloError, type MloError } from '#foundation/errors.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { readLockLines } from '#formats/lock-text.ts';
import { parseYaml } from '#formats/yaml.ts';
import { readLock, writeLock, type LockedItem, type LockedStage } from '#formats/mlo-lock.ts';

const ID = contentIdOf('x');

function stage(parts: Partial<LockedStage> = {}): LockedStage {
  return { definition: ID, cmd: ['true'], wdir: '', env: {}, deps: [], params: {}, outs: [], ...parts };
}

function file(path: string, size = 1): LockedItem {
  return { path: path as RepoPath, kind: 'file', id: ID, size, nfiles: 1 };
}

function problem(text: string): MloError {
  try {
    readLock(text, 'mlo.lock');
  } catch (error) {
    if (isMloError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('the text is stable and sorted by stage', () => {
  const text = writeLock({
    stages: {
      train: stage({
        cmd: ['node fit.js', 'node export.js'],
        wdir: 'src',
        env: { SEED: '7' },
        deps: [file('data/a.csv', 12)],
        params: { 'params.yaml': { 'train.trees': 60, 'train.months': ['2001-01'] } },
        outs: [
          { ...file('m.onnx', 5), cache: true, persist: false },
          { path: 'state' as RepoPath, kind: 'dir', id: ID, size: 9, nfiles: 3, cache: false, persist: true },
        ],
      }),
      prepare: stage(),
    },
  });
  expect(text).toBe(`# Written by \`mlo repro\`: what each stage read and wrote. Commit it; do not edit it.
version: 1
stages:
  prepare:
    definition: ${ID}
    cmd:
      - "true"
  train:
    definition: ${ID}
    cmd:
      - node fit.js
      - node export.js
    wdir: src
    env:
      SEED: "7"
    deps:
      - path: data/a.csv
        kind: file
        id: ${ID}
        size: 12
    params:
      params.yaml:
        train.trees: 60
        train.months:
          - "2001-01"
    outs:
      - path: m.onnx
        kind: file
        id: ${ID}
        size: 5
      - path: state
        kind: dir
        id: ${ID}
        size: 9
        nfiles: 3
        cache: false
        persist: true
`);
  expect(writeLock(readLock(text, 'mlo.lock'))).toBe(text);
});

test('what was written is read back', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
  const path = fc.array(fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }), {
    minLength: 1,
    maxLength: 3,
  });
  const safe = path
    .map((parts) => parts.join('/') as RepoPath)
    .filter((text) => !/[\\\0]|^\/|^[a-zA-Z]:|(^|\/)(\.|\.\.|\.git|\.mlo)?(\/|$)/i.test(text));
  const id = fc.string().map((text): ContentId => contentIdOf(text));
  const item = fc.record({
    path: safe,
    kind: fc.constant('file' as const),
    id,
    size: fc.nat(),
    nfiles: fc.constant(1),
  });
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
    fc.boolean(),
    fc.constant(null),
  );
  const plainKey = fc.string({ minLength: 1 }).filter((key) => key !== '__proto__');
  const locked: fc.Arbitrary<LockedStage> = fc.record({
    definition: id,
    cmd: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
    wdir: fc.constant(''),
    env: fc.dictionary(plainKey, fc.string(), { noNullPrototype: true }),
    deps: fc.array(item, { maxLength: 3 }),
    params: fc.dictionary(
      plainKey,
      fc.dictionary(plainKey, fc.oneof(scalar, fc.array(scalar)), { noNullPrototype: true }),
      { noNullPrototype: true },
    ),
    outs: fc.array(
      fc.tuple(item, fc.boolean(), fc.boolean()).map(([one, cache, persist]) => ({ ...one, cache, persist })),
      { maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(fc.dictionary(name, locked, { noNullPrototype: true }), (stages) => {
      const text = writeLock({ stages });
      expect(readLock(text, 'mlo.lock')).toEqual({ stages });
      // Lineage hashes sections that were read back.
      expect(writeLock(readLock(text, 'mlo.lock'))).toBe(text);
      // The quick reader gives what the YAML parser gives, and is the one that is used.
      expect(readLockLines(text)).toEqual(parseYaml(text, 'mlo.lock').value);
    }),
    { numRuns: 200 },
  );
});

test('a lock that somebody has edited is read as the YAML it is', () => {
  const text = `version: 1
stages:
  'a':   # mine
    definition: ${ID}
    cmd: [ "x" ]
    params: {params.yaml: {k: 'v'}}
`;
  expect(readLock(text, 'mlo.lock')).toEqual({
    stages: { a: stage({ cmd: ['x'], params: { 'params.yaml': { k: 'v' } } }) },
  });
});

test('an empty text and an empty lock', () => {
  expect(readLock('', 'mlo.lock')).toEqual({ stages: {} });
  expect(readLock(writeLock({ stages: {} }), 'mlo.lock')).toEqual({ stages: {} });
});

describe('refused', () => {
  test('conflict markers of Git, with the line and a way out', () => {
    const error = problem(`version: 1\nstages:\n<<<<<<< HEAD\n  a: 1\n=======\n  a: 2\n>>>>>>> other\n`);
    expect(error.code).toBe('MLO_LOCK_CONFLICT');
    expect(error.message).toBe('mlo.lock:3:1: unresolved merge conflict of Git');
    expect(error.hint).toContain('git checkout --ours mlo.lock');
  });

  test('a newer version', () => {
    expect(problem('version: 2\nstages: {}\n').code).toBe('MLO_LOCK_TOO_NEW');
  });

  const item = (line: string): string =>
    `version: 1\nstages:\n  a:\n    definition: ${ID}\n    cmd: ["x"]\n    outs:\n      - ${line}\n`;
  test.each([
    ['[]\n', 'mlo.lock:1:1: expected "version:" and "stages:"'],
    ['stages: {}\n', 'mlo.lock:1:1: expected "version: 1"'],
    ['version: 1\nstages:\n  a: 3\n', 'mlo.lock:3:6: expected the record of a stage'],
    ['version: 1\nstages:\n  a: {definition: md5}\n', 'mlo.lock:3:19: expected "definition: sha256:…"'],
    [item(`{path: m, kind: link, id: "${ID}", size: 1}`), 'mlo.lock:7:9: "kind" must be file or dir'],
    [item('{path: m, kind: file, id: "sha256:12", size: 1}'), 'mlo.lock:7:9: "id" must be sha256:…'],
    [item(`{path: m, kind: file, id: "${ID}", size: -1}`), 'mlo.lock:7:9: "size" must be a number of bytes'],
    [
      item(`{path: ../m, kind: file, id: "${ID}", size: 1}`),
      'mlo.lock:7:9: unsafe path "../m": it has the part ".."',
    ],
    [
      item(`{path: .git/config, kind: file, id: "${ID}", size: 1}`),
      'mlo.lock:7:9: unsafe path ".git/config": it reaches into .git',
    ],
  ])('%j', (text, message) => {
    expect(problem(text).message).toBe(message);
  });
});
