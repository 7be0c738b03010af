import { describe, expect, test } from 'vitest';
import { isMloError } from '#foundation/errors.ts';
import { loadPipeline } from '#features/pipelines/index.ts';
import type { Pipeline } from '#features/pipelines/index.ts';
import { testProject } from '../../../support/project.ts';

async function load(text: string, files: Readonly<Record<string, string>> = {}): Promise<Pipeline> {
  const project = await testProject();
  await project.write('mlo.yaml', text);
  for (const [path, content] of Object.entries(files)) await project.write(path, content);
  return loadPipeline({ project: project.open() });
}

async function problem(text: string, files?: Readonly<Record<string, string>>): Promise<string> {
  const error: unknown = await load(text, files).catch((thrown: unknown) => thrown);
  if (!isMloError(error)) throw new Error(`expected a config error, got ${String(error)}`);
  expect(error.kind).toBe('config');
  return error.message;
}

function edges(pipeline: Pipeline): Record<string, readonly string[]> {
  return Object.fromEntries(pipeline.graph.upstream);
}

describe('an edge', () => {
  test('where a dependency equals, lies inside or holds an output', async () => {
    const pipeline = await load(`
stages:
  use: {cmd: x, deps: [data/a.csv, tree/sub/file, all]}
  file: {cmd: x, outs: [data/a.csv]}
  dir: {cmd: x, outs: [tree]}
  inner: {cmd: x, outs: [all/one/deep.txt]}
  other: {cmd: x, outs: [data/a.csv2, treeish, al]}
`);
    expect(edges(pipeline)).toEqual({
      use: ['file', 'dir', 'inner'],
      file: [],
      dir: [],
      inner: [],
      other: [],
    });
    expect(pipeline.graph.downstream.get('dir')).toEqual(['use']);
    expect(pipeline.stages.map((stage) => stage.name)).toEqual(['file', 'dir', 'inner', 'use', 'other']);
  });

  test('is found through wdir', async () => {
    const pipeline = await load(`
stages:
  a: {cmd: x, wdir: src, outs: [../data/a.csv, b.csv]}
  c: {cmd: x, deps: [data/a.csv, src/b.csv/]}
`);
    expect(edges(pipeline)).toEqual({ a: [], c: ['a'] });
  });

  test('does not lead out of a frozen stage', async () => {
    const pipeline = await load(`
stages:
  a: {cmd: x, outs: [a]}
  b: {cmd: x, deps: [a], outs: [b], frozen: true}
  c: {cmd: x, deps: [b]}
`);
    expect(edges(pipeline)).toEqual({ a: [], b: [], c: ['b'] });
  });
});

describe('refused with its place', () => {
  const cases: Record<string, readonly [text: string, message: string]> = {
    'an output of two stages': [
      'stages:\n  a: {cmd: x, outs: [m]}\n  b:\n    cmd: x\n    outs:\n      - n\n      - m\n',
      'mlo.yaml:7:9: stages "a" and "b" both have the output "m"; one of them must go',
    ],
    'an output named twice': [
      'stages:\n  a:\n    cmd: x\n    outs: [m]\n    metrics: [./m]\n',
      'mlo.yaml:5:15: stage "a" has twice the output "m"; one of them must go',
    ],
    'an output inside another': [
      'stages:\n  a: {cmd: x, outs: [models/late.onnx]}\n  b: {cmd: x, outs: [models]}\n',
      'mlo.yaml:2:22: stage "a": the output "models/late.onnx" lies inside the output "models" of stage "b"',
    ],
    'a circle': [
      'stages:\n  a: {cmd: x, deps: [c], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n  c: {cmd: x, deps: [b], outs: [c]}\n',
      'mlo.yaml:2:3: the stages depend on each other in a circle: a -> b -> c -> a',
    ],
    'its own output': [
      'stages:\n  a:\n    cmd: x\n    deps: [data]\n    outs: [data/x]\n',
      'mlo.yaml:4:12: stage "a" depends on its own output "data"',
    ],
    'a path out of the project': [
      'stages:\n  a:\n    cmd: x\n    wdir: src\n    deps: [../../etc/passwd]\n',
      'mlo.yaml:5:12: unsafe path "../etc/passwd": it has the part ".."; expected a path inside the project',
    ],
    'the project itself as output': [
      'stages:\n  a: {cmd: x, outs: [.]}\n',
      'mlo.yaml:2:22: unsafe path ".": it has the part "."; expected a path inside the project',
    ],
    'an output that is mlo.lock': [
      'stages:\n  a: {cmd: x, outs: [mlo.lock]}\n',
      'mlo.yaml:2:22: stage "a": "mlo.lock" cannot be an output',
    ],
    'a params file that is not there': [
      'stages:\n  a: {cmd: x, params: [train]}\n',
      'mlo.yaml:2:24: stage "a": the params file "params.yaml" does not exist',
    ],
  };
  test.each(Object.entries(cases))('%s', async (_name, [text, message]) => {
    expect(await problem(text)).toBe(message);
  });
});

describe('templates', () => {
  test('come from params.yaml and vars', async () => {
    const pipeline = await load(
      `
vars: {folder: data}
stages:
  a:
    cmd:
      - make \${train.trees}
      - 'echo \\\${HOME}'
    deps: ['\${folder}/\${name}.csv']
    outs: ['\${folder}/out']
    env: {TREES: '\${train.trees}'}
    wdir: \${folder}
`,
      { 'params.yaml': 'name: flights\ntrain: {trees: 60}\n' },
    );
    expect(pipeline.stages[0]).toMatchObject({
      cmd: ['make 60', 'echo ${HOME}'],
      wdir: 'data',
      deps: ['data/data/flights.csv'],
      outs: [{ path: 'data/data/out' }],
      env: { TREES: '60' },
    });
  });

  test('that cannot be filled in are named with their place', async () => {
    expect(await problem('stages:\n  a:\n    cmd: run ${lr}\n')).toBe(
      'mlo.yaml:3:10: stage "a": "${lr}" is neither in params.yaml nor in vars',
    );
    expect(await problem('stages:\n  a:\n    cmd: x\n    deps:\n      - b\n      - ${x.y}\n')).toBe(
      'mlo.yaml:6:9: stage "a": "${x.y}" is neither in params.yaml nor in vars',
    );
  });

  test('of a name that params.yaml and vars both have are refused', async () => {
    expect(await problem('vars:\n  a: 1\nstages:\n  s: {cmd: x}\n', { 'params.yaml': 'a: 2\n' })).toBe(
      'mlo.yaml:2:3: vars: "a" is in params.yaml too; one of them must go',
    );
  });
});

test('the definition covers what a stage does and nothing else', async () => {
  const definition = async (line: string): Promise<string | undefined> => {
    const pipeline = await load(`stages:\n  a: {cmd: x, deps: [d, e], outs: [o, p], ${line}}\n`, {
      'params.yaml': 'k: 1\n',
    });
    return pipeline.stages[0]?.definition;
  };
  const base = await definition('desc: one');
  expect(await definition('desc: two, meta: {a: 1}, frozen: true')).toBe(base);
  for (const line of ['wdir: w', 'env: {A: b}', 'params: [k]', 'metrics: [m]']) {
    expect(await definition(line), line).not.toBe(base);
  }
});

test('a project without mlo.yaml has no stages', async () => {
  const project = await testProject();
  expect((await loadPipeline({ project: project.open() })).stages).toEqual([]);
});
