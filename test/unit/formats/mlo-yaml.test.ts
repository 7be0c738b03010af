import { describe, expect, test } from 'vitest';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import { isMloError } from '#foundation/errors.ts';

function parse(text: string): ReturnType<typeof parseProjectFile> {
  return parseProjectFile(text, 'mlo.yaml');
}

/** The message of the config error that reading `text` gives. */
function problem(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (!isMloError(error)) throw error;
    expect(error.kind).toBe('config');
    return error.message;
  }
  throw new Error('nothing was refused');
}

describe('a stage', () => {
  test('in full', () => {
    const { stages } = parse(`
stages:
  train:
    desc: trains
    cmd:
      - node fit.js
      - node export.js
    wdir: src
    deps: [fit.js, ../data/train]
    params:
      - train.trees
      - other.json: [a, b.c]
      - whole.yaml:
    outs:
      - ../models/late.onnx
      - ../state: {persist: true}
    metrics:
      - ../metrics.json: {cache: false}
    plots:
      - ../roc.csv: {x: fpr, y: [tpr], title: ROC}
    env: {SEED: 7, DEBUG: false}
    frozen: true
    always_changed: true
    meta: {owner: [anybody]}
`);
    expect(stages.train).toEqual({
      name: 'train',
      desc: 'trains',
      cmd: ['node fit.js', 'node export.js'],
      wdir: 'src',
      deps: [
        { path: 'fit.js', at: ['stages', 'train', 'deps', 0] },
        { path: '../data/train', at: ['stages', 'train', 'deps', 1] },
      ],
      params: [
        { file: undefined, key: 'train.trees', at: ['stages', 'train', 'params', 0] },
        { file: 'other.json', key: 'a', at: ['stages', 'train', 'params', 1, 'other.json', 0] },
        { file: 'other.json', key: 'b.c', at: ['stages', 'train', 'params', 1, 'other.json', 1] },
        { file: 'whole.yaml', key: undefined, at: ['stages', 'train', 'params', 2, 'whole.yaml'] },
      ],
      outs: [
        {
          path: '../models/late.onnx',
          role: 'out',
          cache: true,
          persist: false,
          plot: undefined,
          at: ['stages', 'train', 'outs', 0],
        },
        {
          path: '../state',
          role: 'out',
          cache: true,
          persist: true,
          plot: undefined,
          at: ['stages', 'train', 'outs', 1, '../state'],
        },
        {
          path: '../metrics.json',
          role: 'metric',
          cache: false,
          persist: false,
          plot: undefined,
          at: ['stages', 'train', 'metrics', 0, '../metrics.json'],
        },
        {
          path: '../roc.csv',
          role: 'plot',
          cache: true,
          persist: false,
          plot: { x: 'fpr', y: ['tpr'], title: 'ROC' },
          at: ['stages', 'train', 'plots', 0, '../roc.csv'],
        },
      ],
      env: { SEED: '7', DEBUG: 'false' },
      frozen: true,
      alwaysChanged: true,
      at: ['stages', 'train'],
    });
  });

  test.each(['', '# only a comment\n', 'stages:\n', 'stages: {}\n'])('an empty file has none: %j', (text) => {
    expect(parse(text).stages).toEqual({});
  });

  test('a value can be found again in the file', () => {
    const file = parse('stages:\n  a:\n    cmd: x\n    deps:\n      - one\n      - two\n');
    expect(file.where(['stages', 'a', 'deps', 1])).toBe('mlo.yaml:6:9');
    expect(file.whereKey(['stages', 'a'])).toBe('mlo.yaml:2:3');
  });
});

describe('one error with its place and what was expected', () => {
  const cases: Record<string, readonly [text: string, message: string]> = {
    'a mistyped key': [
      'stages:\n  train:\n    cmd: x\n    dep: [a]\n',
      'mlo.yaml:4:5: stage "train": unknown key "dep"; did you mean "deps"?',
    ],
    'a key that resembles nothing': [
      'stages:\n  train:\n    cmd: x\n    colour: red\n',
      'mlo.yaml:4:5: stage "train": unknown key "colour"',
    ],
    'a mistyped section': [
      'stage:\n  a: {cmd: x}\n',
      'mlo.yaml:1:1: unknown key "stage"; did you mean "stages"?',
    ],
    'no command': [
      'stages:\n  train:\n    deps: [a]\n',
      'mlo.yaml:2:3: stage "train": "cmd" is missing; expected a command, or a list of commands',
    ],
    'a command that is empty': [
      'stages:\n  train:\n    cmd:\n    deps: [a]\n',
      'mlo.yaml:2:3: stage "train": "cmd" is missing; expected a command, or a list of commands',
    ],
    'an empty list of commands': [
      'stages:\n  train:\n    cmd: []\n',
      'mlo.yaml:3:10: stage "train": "cmd" is an empty list; expected a command',
    ],
    'a command that is a number': [
      'stages:\n  train:\n    cmd: 3\n',
      'mlo.yaml:3:10: stage "train": "cmd" must be a command, or a list of commands, not 3',
    ],
    'deps as a text': [
      'stages:\n  train:\n    cmd: x\n    deps: a.csv\n',
      'mlo.yaml:4:11: stage "train": "deps" must be a list of paths, not "a.csv"',
    ],
    'a dep that is a map': [
      'stages:\n  train:\n    cmd: x\n    deps:\n      - a: b\n',
      'mlo.yaml:5:9: stage "train": this item must be a path, not a map',
    ],
    'deps without a value': [
      'stages:\n  train:\n    cmd: x\n    deps:\n',
      'mlo.yaml:4:5: stage "train": "deps" has no value; expected a list of paths',
    ],
    'an unknown option of an output': [
      'stages:\n  train:\n    cmd: x\n    outs:\n      - m: {cach: false}\n',
      'mlo.yaml:5:13: stage "train": unknown key "cach"; did you mean "cache"?',
    ],
    'an option of the wrong type': [
      'stages:\n  train:\n    cmd: x\n    outs:\n      - m: {cache: "no"}\n',
      'mlo.yaml:5:20: stage "train": "cache" must be true or false, not "no"',
    ],
    'a list of keys as a text': [
      'stages:\n  train:\n    cmd: x\n    params:\n      - other.yaml: a.b\n',
      'mlo.yaml:5:21: stage "train": "other.yaml" must be a list of keys, or nothing for the whole file, not "a.b"',
    ],
    foreach: [
      'stages:\n  train:\n    foreach: [a, b]\n    do: {cmd: x}\n',
      'mlo.yaml:3:5: stage "train": "foreach" is not supported by this version of mlo',
    ],
    matrix: [
      'stages:\n  train:\n    cmd: x\n    matrix: {a: [1]}\n',
      'mlo.yaml:4:5: stage "train": "matrix" is not supported by this version of mlo',
    ],
    checks: [
      'stages:\n  train:\n    cmd: x\n    checks: []\n',
      'mlo.yaml:4:5: stage "train": "checks" is not supported by this version of mlo',
    ],
    'stages as a list': [
      'stages:\n  - a\n',
      'mlo.yaml:2:3: "stages" must be a map of stages: "train: {cmd: …}", not a list',
    ],
    'a file that is a list': [
      '- a\n',
      'mlo.yaml:1:1: the file must be a map with keys among vars, stages, models, environments, config, not a list',
    ],
    'a stage name with a blank': [
      'stages:\n  my stage:\n    cmd: x\n',
      'mlo.yaml:2:3: stage "my stage": a name starts with a letter or digit and holds letters, digits, "_", ".", "-"',
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [text, message]) => {
    expect(problem(text)).toBe(message);
  });

  test('YAML that is none', () => {
    expect(problem('stages:\n  a: {cmd: x\n')).toMatch(/^mlo\.yaml:3:1: /);
    expect(problem('stages:\n  a: {cmd: x}\n  a: {cmd: y}\n')).toMatch(/^mlo\.yaml:3:3: .*unique/i);
    expect(problem('stages:\n\ta: x\n')).toMatch(/^mlo\.yaml:2:/);
  });
});

describe('a model', () => {
  test('in full', () => {
    const { models } = parse(`
models:
  late:
    path: models/late.onnx
    signature: models/signature.json
    example: models/example.json
    reference: data/features/train.parquet
    gates:
      prod:
        - {metric: auc, min: 0.6}
        - {metric: auc, versus: champion, margin: -0.01}
        - {metric: loss, versus: champion, direction: lower}
`);
    expect(models.late).toEqual({
      name: 'late',
      path: 'models/late.onnx',
      signature: 'models/signature.json',
      example: 'models/example.json',
      reference: 'data/features/train.parquet',
      gates: {
        prod: [
          { versus: undefined, metric: 'auc', min: 0.6, max: undefined },
          { versus: 'champion', metric: 'auc', margin: -0.01, direction: 'higher' },
          { versus: 'champion', metric: 'loss', margin: 0, direction: 'lower' },
        ],
      },
    });
  });

  const gate = (text: string): string =>
    `models:\n  late:\n    path: m\n    gates:\n      prod:\n        - ${text}\n`;
  test.each([
    ['models:\n  late: {}\n', 'mlo.yaml:2:3: model "late": "path" is missing; expected a path'],
    [
      'models:\n  late:\n    path: ../m.onnx\n',
      'mlo.yaml:3:11: unsafe path "../m.onnx": it has the part ".."; expected a path inside the project',
    ],
    [
      'models:\n  late:\n    path: /m.onnx\n',
      'mlo.yaml:3:11: unsafe path "/m.onnx": it is absolute; expected a path inside the project',
    ],
    [
      gate('{metric: auc}'),
      'mlo.yaml:6:11: model "late": gate on "auc": expected "min", "max" or "versus: champion"',
    ],
    [
      gate('{metric: auc, min: 1, max: 0}'),
      'mlo.yaml:6:11: model "late": gate on "auc": "min" is larger than "max"',
    ],
    [
      gate('{metric: auc, min: 1, versus: champion}'),
      'mlo.yaml:6:11: model "late": gate on "auc": "min" and "max" do not go with "versus"; write two gates',
    ],
    [gate('{metric: auc, minimum: 1}'), 'mlo.yaml:6:25: model "late": unknown key "minimum"'],
    [
      gate('{metric: auc, versus: best}'),
      'mlo.yaml:6:33: model "late": "versus" must be one of champion, not "best"',
    ],
    [gate('{metric: auc, min: high}'), 'mlo.yaml:6:30: model "late": "min" must be a number, not "high"'],
  ])('%j', (text, message) => {
    expect(problem(text)).toBe(message);
  });
});

test('vars, environments and config are taken as they are', () => {
  const file = parse(
    'vars: {a: {b: 1}}\nenvironments:\n  prod: {target: kubernetes}\nconfig:\n  core: {jobs: 2}\n',
  );
  expect(file.vars).toEqual({ a: { b: 1 } });
  expect(file.environments).toEqual({ prod: { target: 'kubernetes' } });
  expect(parse('vars:\n  - {a: 1}\n  - {b: 2}\n').vars).toEqual({ a: 1, b: 2 });
  expect(problem('vars:\n  - {a: 1}\n  - {a: 2}\n')).toBe('mlo.yaml:2:3: vars: "a" is given twice');
});
