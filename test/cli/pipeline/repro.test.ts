import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pipelineStatus, lockedOutputs } from '#features/pipelines/index.ts';
import { showRun } from '#features/runs/index.ts';
import { hashFile, type contentIdOf } from '#foundation/hash.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { lastLine, testPipeline, THREE_STAGES } from '../../support/pipeline.ts';

describe('what runs', () => {
  test('everything at first, nothing the second time, and it says so', async () => {
    const pipeline = await testPipeline();
    expect(await pipeline.outcomes()).toEqual(['prepare ran', 'train ran', 'evaluate ran']);
    expect(await pipeline.read('model/weights')).toBe('FLIGHTS\n  trees: 60 # enough\n');

    const again = await pipeline.repro();
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(again.stdout).toBe('Everything is up to date: 3 stages unchanged.\n');
    expect(lastLine(await pipeline.repro('--json')).result.runId).toBeUndefined();
  });

  test('a repro with nothing to do opens no database and changes no file', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await rm(join(pipeline.root, '.mlo/mlo.db'), { force: true });
    const lock = await pipeline.read('mlo.lock');
    await pipeline.repro();
    expect(existsSync(join(pipeline.root, '.mlo/mlo.db'))).toBe(false);
    expect(await pipeline.read('mlo.lock')).toBe(lock);
  });

  test('a changed parameter: only what depends on it, with the exact cause', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    const result = await pipeline.repro('-P', 'train.trees=120');
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toMatch(
      /^prepare: unchanged\ntrain: ran in .* \(param train\.trees: 60 -> 120\)\nevaluate: ran in /,
    );
    expect(await pipeline.read('params.yaml')).toBe('train:\n  trees: 120 # enough\n  rate: 0.1\n');
  });

  test('a parameter that no stage uses: nothing', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    expect((await pipeline.repro('-P', 'train.rate=0.5')).stdout).toContain('Everything is up to date');
  });

  test('changed data that gives the same result: nothing after it', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await pipeline.write('data.txt', 'FLIGHTS\n');
    expect(await pipeline.outcomes()).toEqual(['prepare ran', 'train unchanged', 'evaluate unchanged']);
  });

  test.each([
    ['its command', 'tr a-z A-Z < data.txt', 'tr a-y A-Y < data.txt', 'its command changed|command: '],
    ['its environment', 'deps: [data.txt]', 'deps: [data.txt]\n    env: {A: b}', 'env A: \\(not set\\) -> b'],
    [
      'a new dependency',
      'deps: [data.txt]',
      'deps: [data.txt, params.yaml]',
      'dep params.yaml is new to mlo.lock',
    ],
    ['a dependency less', '    deps: [data.txt]\n', '', 'dep data.txt is no longer one'],
    [
      'a new output',
      'outs: [out/prepared.txt]',
      'outs: [out/prepared.txt, data.copy]',
      'out data.copy is new to mlo.lock',
    ],
  ])('%s changed', async (_what, from, to, cause) => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await pipeline.write('mlo.yaml', THREE_STAGES.replace(from, to));
    const { stdout } = await pipeline.repro('--dry');
    expect(stdout).toMatch(/^prepare: would run/);
    expect(stdout).toMatch(new RegExp(cause));
  });

  test('--dry and --why name every cause and change nothing', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await pipeline.write('data.txt', 'new\n');
    await rm(join(pipeline.root, 'metrics.json'));
    const before = await pipeline.read('mlo.lock');
    const result = await pipeline.repro('--dry', '--why', '-P', 'train.trees=70');
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toBe(
      `prepare: would run (dep data.txt changed)
train: would run
  param train.trees: 60 -> 70
  stage prepare runs before it
evaluate: would run
  out metrics.json is missing
  stage train runs before it
`,
    );
    expect(await pipeline.read('mlo.lock')).toBe(before);
    expect(await pipeline.read('params.yaml')).toContain('trees: 60');
    expect(await pipeline.read('metrics.json')).toBeUndefined();
  });

  test('--force runs what is unchanged', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    expect(await pipeline.outcomes('--force', 'prepare')).toEqual(['prepare ran']);
  });

  test('targets: with what they depend on, alone, or with what depends on them', async () => {
    const pipeline = await testPipeline();
    expect(await pipeline.outcomes('train')).toEqual(['prepare ran', 'train ran']);
    await pipeline.repro();
    await pipeline.write('data.txt', 'new\n');
    await pipeline.write('params.yaml', 'train:\n  trees: 61\n');
    expect(await pipeline.outcomes('--single', 'train')).toEqual(['train ran']);
    expect(await pipeline.outcomes('--downstream', 'train', '--dry')).toEqual([
      'train unchanged',
      'evaluate would-run',
    ]);
    expect(await pipeline.outcomes('out/prepared.txt', '--dry')).toEqual(['prepare would-run']);
  });

  test('a frozen stage is never run, and what it reads does not count', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await pipeline.write(
      'mlo.yaml',
      THREE_STAGES.replace('    deps: [data.txt]', '    frozen: true\n    deps: [data.txt]'),
    );
    await pipeline.write('data.txt', 'new\n');
    expect(await pipeline.outcomes()).toEqual(['prepare skipped', 'train unchanged', 'evaluate unchanged']);
  });

  test('always_changed and stages without deps and outs run every time', async () => {
    const pipeline = await testPipeline(
      'stages:\n  a: {cmd: date > a, outs: [a], always_changed: true}\n  b: {cmd: "true"}\n  c: {cmd: touch c, outs: [c]}\n',
    );
    await pipeline.repro();
    expect(await pipeline.outcomes()).toEqual(['a ran', 'b ran', 'c unchanged']);
  });

  test('stages run in their wdir with their environment', async () => {
    const pipeline = await testPipeline(
      `stages:
  a:
    wdir: src
    cmd: echo "$MLO_STAGE $COLOUR $(basename "$PWD") $MLO_ROOT" > ../out.txt
    deps: [in.txt]
    outs: [../out.txt]
    env: {COLOUR: red}
`,
      { 'src/in.txt': 'x' },
    );
    expect(await pipeline.outcomes()).toEqual(['a ran']);
    expect(await pipeline.read('out.txt')).toBe(`a red src ${pipeline.root}\n`);
  });
});

describe('earlier results', () => {
  test('are put back instead of run again', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await pipeline.repro('-P', 'train.trees=120');
    expect(await pipeline.outcomes('-P', 'train.trees=60')).toEqual([
      'prepare unchanged',
      'train restored',
      'evaluate restored',
    ]);
    expect(await pipeline.read('model/weights')).toContain('trees: 60');
    expect(await pipeline.repro()).toMatchObject({
      stdout: 'Everything is up to date: 3 stages unchanged.\n',
    });
  });

  test('not with --ignore-run-cache', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await pipeline.repro('-P', 'train.trees=120');
    expect(await pipeline.outcomes('--ignore-run-cache', '-P', 'train.trees=60')).toEqual([
      'prepare unchanged',
      'train ran',
      'evaluate ran',
    ]);
  });

  test('bring back outputs that were deleted or changed by hand', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await rm(join(pipeline.root, 'model'), { recursive: true });
    await pipeline.write('out/prepared.txt', 'by hand');
    expect(await pipeline.outcomes()).toEqual(['prepare restored', 'train restored', 'evaluate unchanged']);
    expect(await pipeline.read('out/prepared.txt')).toBe('FLIGHTS\n');
  });

  test('whose bytes are gone are run again', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    await rm(join(pipeline.root, '.mlo/store'), { recursive: true });
    await rm(join(pipeline.root, 'model'), { recursive: true });
    expect(await pipeline.outcomes()).toEqual(['prepare unchanged', 'train ran', 'evaluate unchanged']);
  });

  test('are not used for a persistent output, which the command continues', async () => {
    const pipeline = await testPipeline(
      'stages:\n  a:\n    cmd: cat data.txt >> log.txt\n    deps: [data.txt]\n    outs:\n      - log.txt: {persist: true}\n',
    );
    await pipeline.repro();
    await pipeline.write('data.txt', 'two\n');
    expect(await pipeline.outcomes()).toEqual(['a ran']);
    await pipeline.write('data.txt', 'flights\n');
    expect(await pipeline.outcomes()).toEqual(['a ran']);
    expect(await pipeline.read('log.txt')).toBe('flights\ntwo\nflights\n');
  });
});

describe('a stage that fails', () => {
  const FAILING = `stages:
  one:
    cmd: |
      echo half > one.txt
      test ! -e fail || exit 7
      cat data.txt > one.txt
    deps: [data.txt]
    outs: [one.txt]
  two: {cmd: cp one.txt two.txt, deps: [one.txt], outs: [two.txt]}
  other: {cmd: cp data.txt other.txt, deps: [data.txt], outs: [other.txt]}
`;

  test('exits 17 naming stage, exit code and command; outputs and lock are as before', async () => {
    const pipeline = await testPipeline(FAILING);
    await pipeline.repro();
    const lock = await pipeline.read('mlo.lock');
    await pipeline.write('data.txt', 'new\n');
    await pipeline.write('fail', '');
    const result = await pipeline.repro();
    expect(result.exitCode).toBe(17);
    expect(result.stderr).toContain('error: stage "one": its command ended with exit code 7');
    expect(await pipeline.read('one.txt')).toBe('flights\n');
    expect(await pipeline.read('two.txt')).toBe('flights\n');
    expect(await pipeline.read('mlo.lock')).toBe(lock);

    await rm(join(pipeline.root, 'fail'));
    expect(await pipeline.outcomes()).toEqual(['one ran', 'two ran', 'other ran']);
    expect(await pipeline.read('two.txt')).toBe('new\n');
  });

  test('for the first time leaves no half-written output', async () => {
    const pipeline = await testPipeline(FAILING, { fail: '' });
    expect((await pipeline.repro('one')).exitCode).toBe(17);
    expect(await pipeline.read('one.txt')).toBeUndefined();
    expect(await pipeline.read('mlo.lock')).toBeUndefined();
  });

  test('--json has the outcome of each stage in the error', async () => {
    const pipeline = await testPipeline(FAILING, { fail: '' });
    const { error } = lastLine(await pipeline.repro('--json'));
    expect(error).toMatchObject({
      code: 'MLO_STAGE_FAILED',
      details: {
        stage: 'one',
        exitCode: 7,
        stages: [{ name: 'one', outcome: 'failed' }, { outcome: 'skipped' }, { outcome: 'skipped' }],
      },
    });
  });

  test('with --keep-going what does not depend on it goes on; exit 4', async () => {
    const pipeline = await testPipeline(FAILING, { fail: '' });
    const result = await pipeline.repro('--keep-going', '--json');
    expect(result.exitCode).toBe(4);
    expect(lastLine(result).result.stages).toMatchObject([
      { name: 'one', outcome: 'failed', exitCode: 7 },
      { name: 'two', outcome: 'skipped' },
      { name: 'other', outcome: 'ran' },
    ]);
    expect(await pipeline.read('other.txt')).toBe('flights\n');
  });

  test('does not write an output: named, though the command ended well', async () => {
    const pipeline = await testPipeline(
      'stages:\n  a: {cmd: touch one, deps: [data.txt], outs: [one, two, three]}\n',
    );
    const result = await pipeline.repro();
    expect(result.exitCode).toBe(17);
    expect(result.stderr).toContain('stage "a": its command ended well but did not write two, three');
    expect(await pipeline.read('one')).toBeUndefined();
  });

  test('a command that does not exist', async () => {
    const pipeline = await testPipeline('stages:\n  a: {cmd: no-such-program-xyz, deps: [data.txt]}\n');
    const result = await pipeline.repro();
    expect(result.exitCode).toBe(17);
    expect(result.stderr).toContain('stage "a": its command ended with exit code 127: no-such-program-xyz');
  });

  test('stops a list of commands at the first failure', async () => {
    const pipeline = await testPipeline(
      'stages:\n  a: {cmd: [touch first, "false", touch second], deps: [data.txt]}\n',
    );
    expect((await pipeline.repro()).exitCode).toBe(17);
    expect(await pipeline.read('first')).toBe('');
    expect(await pipeline.read('second')).toBeUndefined();
  });
});

describe('what is missing or wrong', () => {
  test('a dependency that no stage makes: its place, and how to get it', async () => {
    const pipeline = await testPipeline();
    await rm(join(pipeline.root, 'data.txt'));
    const result = await pipeline.repro();
    expect(result.exitCode).toBe(12);
    expect(result.stderr).toContain(
      'mlo.yaml:4:12: stage "prepare": the dependency "data.txt" does not exist and no stage makes it',
    );

    await pipeline.write('data.txt.mlo', 'version: 1\n');
    expect((await pipeline.repro()).stderr).toContain('mlo pull data.txt');
  });

  test('a dependency whose stage has not run', async () => {
    const pipeline = await testPipeline();
    const result = await pipeline.repro('--single', 'train');
    expect(result.exitCode).toBe(12);
    expect(result.stderr).toContain('stage "prepare" makes it and has not run');
    expect(result.stderr).toContain('mlo repro prepare');
  });

  test.each([
    [['nothing'], 12, 'mlo.yaml has no stage "nothing"'],
    [['trian'], 12, 'did you mean "train"?'],
    [['--single'], 2, '--single and --downstream need the name of a stage'],
    [['-P', 'train.tres=1'], 2, 'did you mean "train.trees"?'],
    [['-P', 'other.yaml:a=1'], 12, 'there is no params file other.yaml'],
    [['-j', '0'], 2, '--jobs takes a whole number from 1'],
  ])('%j', async (argv, exitCode, message) => {
    const pipeline = await testPipeline();
    const result = await pipeline.repro(...argv);
    expect(result.stderr).toContain(message);
    expect(result.exitCode).toBe(exitCode);
  });

  test('no stages at all', async () => {
    const pipeline = await testPipeline('# nothing yet\n');
    expect(await pipeline.repro()).toMatchObject({ exitCode: 12 });
  });

  test('mlo.lock in a merge conflict', async () => {
    const pipeline = await testPipeline();
    await pipeline.write('mlo.lock', 'version: 1\n<<<<<<< HEAD\n');
    const result = await pipeline.repro();
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('mlo.lock:2:1: unresolved merge conflict of Git');
  });

  test('an output that a pointer tracks as well', async () => {
    const pipeline = await testPipeline(THREE_STAGES, { 'model.mlo': 'version: 1\n' });
    const result = await pipeline.repro();
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(
      'mlo.yaml:13:12: stage "train": the output "model" is tracked by model.mlo as well',
    );
  });
});

describe('what is recorded', () => {
  test('one run with parameters, metrics, inputs and outputs of the whole pipeline', async () => {
    const pipeline = await testPipeline(
      THREE_STAGES.replace('deps: [data.txt]', 'deps: [data.txt]\n    params: [train.rate]'),
    );
    await pipeline.repro();
    await pipeline.repro('-P', 'train.trees=120', '--name', 'more-trees');
    const run = await showRun({ project: pipeline.open(), ref: '@last' });
    expect(run).toMatchObject({
      name: 'more-trees',
      status: 'FINISHED',
      params: { 'train.trees': '120', 'train.rate': '0.1' },
      // 8 bytes of FLIGHTS, 22 of the line with 120 trees.
      metrics: { auc: 0.3 },
      tags: { 'mlo.stages': 'prepare,train,evaluate' },
    });
    const data = await hashFile(join(pipeline.root, 'data.txt') as AbsolutePath);
    expect(run.inputs).toMatchObject([{ path: 'data.txt', id: data.id }]);
    expect(run.outputs.map((file) => file.path).toSorted()).toEqual([
      'metrics.json',
      'model',
      'out/prepared.txt',
    ]);
    const locked = await lockedOutputs({ project: pipeline.open() });
    const idOf = (path: string): ReturnType<typeof contentIdOf> | undefined =>
      locked.find((item) => item.path === path)?.id;
    expect(run.outputs.find((file) => file.path === 'model')?.id).toBe(idOf('model'));
  });

  test('a failed repro is a failed run', async () => {
    const pipeline = await testPipeline('stages:\n  a: {cmd: "false", deps: [data.txt]}\n');
    await pipeline.repro();
    expect(await showRun({ project: pipeline.open(), ref: '@last' })).toMatchObject({ status: 'FAILED' });
  });

  test('commands can log to the run by MLO_RUN_ID', async () => {
    const pipeline = await testPipeline('stages:\n  a: {cmd: echo $MLO_RUN_ID > id, outs: [id]}\n');
    const { result } = lastLine(await pipeline.repro('--json'));
    expect(await pipeline.read('id')).toBe(`${result.runId ?? ''}\n`);
  });

  test('outputs of the store are in .gitignore and in what push sends; those kept in Git are not', async () => {
    const pipeline = await testPipeline();
    await pipeline.repro();
    expect(await pipeline.read('.gitignore')).toBe('/model\n');
    expect(await pipeline.read('out/.gitignore')).toBe('/prepared.txt\n');
    expect(pipeline.git('status', '--short', '--untracked-files=all')).not.toContain('weights');
    expect((await lockedOutputs({ project: pipeline.open() })).map((item) => [item.path, item.kind])).toEqual(
      [
        ['model', 'dir'],
        ['out/prepared.txt', 'file'],
      ],
    );
  });

  test('stages that mlo.yaml lost leave mlo.lock', async () => {
    const pipeline = await testPipeline(
      'stages:\n  a: {cmd: touch a, outs: [a]}\n  b: {cmd: touch b, outs: [b]}\n',
    );
    await pipeline.repro();
    await pipeline.write('mlo.yaml', 'stages:\n  a: {cmd: touch a c, outs: [a, c]}\n');
    await pipeline.repro();
    expect(await pipeline.read('mlo.lock')).not.toMatch(/^ {2}b:/m);
  });

  test('a dependency that changes while the command runs makes the stage run again', async () => {
    const pipeline = await testPipeline(
      'stages:\n  a: {cmd: cp data.txt out.txt && echo more >> data.txt, deps: [data.txt], outs: [out.txt]}\n',
    );
    const first = await pipeline.repro();
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toContain('a: data.txt changed while the command ran');
    expect(await pipeline.outcomes('--dry')).toEqual(['a would-run']);
  });
});

test('side by side, each line of output carries the name of its stage', async () => {
  const pipeline = await testPipeline(
    'stages:\n  a: {cmd: "echo one; printf two"}\n  b: {cmd: "echo three >&2"}\n',
  );
  const result = await pipeline.repro('-j', '2');
  expect(result.stdout).toMatch(/^a \| one$/m);
  expect(result.stdout).toMatch(/^a \| two$/m);
  expect(result.stderr).toMatch(/^b \| three$/m);
});

test('status: each stage with what changed, cheaply', async () => {
  const pipeline = await testPipeline();
  const status = async (): Promise<string[]> =>
    (await pipelineStatus({ project: pipeline.open() })).map(
      ({ stage, state, reasons }) => `${stage} ${state}: ${reasons.map(({ text }) => text).join('; ')}`,
    );
  expect((await status())[0]).toBe('prepare never-run: it has never run');
  await pipeline.repro();
  expect(await status()).toEqual(['prepare unchanged: ', 'train unchanged: ', 'evaluate unchanged: ']);
  await pipeline.write('data.txt', 'new\n');
  expect(await status()).toEqual([
    'prepare changed: dep data.txt changed',
    'train downstream: stage prepare is not up to date',
    'evaluate downstream: stage train is not up to date',
  ]);
});
