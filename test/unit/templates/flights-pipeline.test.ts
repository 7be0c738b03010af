import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import { load, runScript, SAMPLE, sampleMonths, setParams, writeProject } from './flights-template.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** Leaves of 300 flights would leave a sample of 1,600 without a tree. */
const SMALL = { trees: '15', min_leaf: '10', smoothing: '20' };

async function preparedProject(): Promise<string> {
  const dir = await writeProject();
  await setParams(dir, SMALL);
  expect((await runScript(dir, 'months.js', [SAMPLE])).exitCode).toBe(0);
  return dir;
}

async function digests(dir: string, paths: readonly string[]): Promise<Record<string, string>> {
  const pairs = paths.map(async (path) => {
    const bytes = await readFile(join(dir, path));
    return [path, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

test('the stages of mlo.yaml run as written and give every output they declare, the same each time', async () => {
  const dir = await preparedProject();
  const { stages } = parseProjectFile(await readFile(join(dir, 'mlo.yaml'), 'utf8'), 'mlo.yaml');
  expect(Object.keys(stages)).toEqual(['prepare', 'later', 'train', 'evaluate']);

  const outs = Object.values(stages).flatMap((stage) => stage.outs.map(({ path }) => path));
  const runAll = async (): Promise<Record<string, string>> => {
    for (const stage of Object.values(stages)) {
      for (const { path } of stage.deps) await readFile(join(dir, path));
      const [node, script, ...args] = String(stage.cmd[0]).split(' ');
      expect([node, script?.startsWith('scripts/')]).toEqual(['node', true]);
      const done = await runScript(dir, script!.slice('scripts/'.length), args);
      expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    }
    return await digests(dir, outs);
  };
  const first = await runAll();
  await Promise.all(outs.map((path) => rm(join(dir, path))));
  expect(await runAll()).toEqual(first);

  const metrics = JSON.parse(await readFile(join(dir, 'metrics/evaluate.json'), 'utf8')) as Record<
    string,
    number
  >;
  expect(metrics['rows']).toBe(835);
  // 1,600 flights teach little, but more than nothing.
  expect(metrics['auc']).toBeGreaterThan(0.52);
  expect(metrics['auc']).toBeLessThan(0.8);
});

test('every module a stage reads is among its dependencies', async () => {
  const dir = await writeProject();
  const { stages } = parseProjectFile(await readFile(join(dir, 'mlo.yaml'), 'utf8'), 'mlo.yaml');
  // What only reports, reads params or writes files changes no result.
  const plumbing = new Set(['files.js', 'params.js', 'script.js'].map((name) => `scripts/lib/${name}`));
  const importsOf = async (path: string, seen: Set<string>): Promise<Set<string>> => {
    if (seen.has(path)) return seen;
    seen.add(path);
    const text = await readFile(join(dir, path), 'utf8');
    for (const [, from] of text.matchAll(/ from '(\.[^']+)'/g)) {
      await importsOf(join(path, '..', from!), seen);
    }
    return seen;
  };
  for (const stage of Object.values(stages)) {
    const script = String(stage.cmd[0]).split(' ')[1]!;
    const used = [...(await importsOf(script, new Set()))].filter((path) => !plumbing.has(path));
    const declared = stage.deps.map(({ path }) => path).filter((path) => path.startsWith('scripts/'));
    expect(declared.toSorted(), stage.name).toEqual(used.toSorted());
  }
});

test('no answer of the validation month reaches a feature or the model', async () => {
  const month = await sampleMonths(await tempDir());
  const { readFlights } = await load('lib/flights.js');
  const { buildFeatures } = await load('prepare.js');
  const { trainModel } = await load('train.js');
  const past = await readFlights([month('2001-01')]);
  const train = await readFlights([month('2001-02'), month('2001-03')]);
  const validate = await readFlights([month('2001-04')]);
  const params = {
    trees: 10,
    depth: 4,
    learning_rate: 0.3,
    min_leaf: 10,
    l2: 1,
    sample: 0.7,
    seed: 7,
    threshold: 0.3,
  };
  const build = (flights: typeof validate, learned = train) => {
    const features = buildFeatures({ past, train: learned, validate: flights, smoothing: 20 });
    const columns = Object.fromEntries(features.train.map(({ name, data }) => [name, data]));
    return { features, onnx: trainModel({ columns, history: features.history, params }).onnx };
  };
  const honest = build(validate);
  const flipped = build({ ...validate, late: validate.late.map((late) => 1 - late) });

  const notTheAnswer = ({ name }: { name: string }): boolean => name !== 'late';
  expect(flipped.features.train).toEqual(honest.features.train);
  expect(flipped.features.history).toEqual(honest.features.history);
  expect(flipped.features.validate.filter(notTheAnswer)).toEqual(
    honest.features.validate.filter(notTheAnswer),
  );
  expect(flipped.onnx.equals(honest.onnx)).toBe(true);

  // The comparison can fail: other answers in training give another model, yet no other feature.
  const relearned = build(validate, { ...train, late: train.late.map((late) => 1 - late) });
  expect(relearned.onnx.equals(honest.onnx)).toBe(false);
  expect(relearned.features.train.filter(notTheAnswer)).toEqual(honest.features.train.filter(notTheAnswer));
});

test('hour, weekday and lateness are read from date and delay', async () => {
  const month = await sampleMonths(await tempDir());
  const { readFlights } = await load('lib/flights.js');
  const flights = await readFlights([month('2001-06')]);
  // The last six flights left on Sunday, 1 July 2001, 00:00.
  for (let row = flights.rows - 6; row < flights.rows; row += 1) {
    expect([flights.hour[row], flights.weekday[row]]).toEqual([0, 7]);
  }
  // 1 June 2001 was a Friday.
  expect(flights.weekday[0]).toBe(5);
  const share = flights.late.reduce((sum, late) => sum + late, 0) / flights.rows;
  // Of all 502,228 flights of June 21.3 % were more than 15 minutes late.
  expect(share).toBeGreaterThan(0.17);
  expect(share).toBeLessThan(0.26);
});

test('a trial with other training params changes the model and none of the features', async () => {
  const dir = await preparedProject();
  const run = async (): Promise<void> => {
    for (const script of ['prepare.js', 'train.js']) expect((await runScript(dir, script)).exitCode).toBe(0);
  };
  const features = [
    'data/features/train.parquet',
    'data/features/validate.parquet',
    'data/features/history.json',
  ];
  await run();
  const before = await digests(dir, [...features, 'models/late.onnx']);
  await setParams(dir, { depth: '2', calibration_bins: '7' });
  await run();
  const after = await digests(dir, [...features, 'models/late.onnx']);
  expect(await digests(dir, features)).toEqual(
    Object.fromEntries(features.map((path) => [path, before[path]])),
  );
  expect(after['models/late.onnx']).not.toBe(before['models/late.onnx']);
});

test('what is missing or unfit is said in one line', async () => {
  const dir = await writeProject();
  const failsWith = async (script: string, args: string[], message: string): Promise<void> => {
    expect(await runScript(dir, script, args)).toMatchObject({ exitCode: 1, stderr: `error: ${message}\n` });
  };
  await failsWith(
    'prepare.js',
    [],
    'data/flights-2001-01.parquet is missing: run "npm run months" or "mlo pull"',
  );
  await failsWith('train.js', [], 'data/features/train.parquet is missing: run "mlo repro prepare"');
  await failsWith('evaluate.js', [], 'cannot read models/late.json: run "mlo repro train"');
  await failsWith('later.js', [], 'name the months: node scripts/later.js 2001-05 2001-06');
  await failsWith('later.js', ['May'], '"May" is not a month such as 2001-04');

  await setParams(dir, { trees: 'many' });
  await failsWith(
    'train.js',
    [],
    'params.yaml: train.trees must be a whole number from 1 to 5000, not "many"',
  );
  await setParams(dir, { validate_month: '2001-03' });
  await failsWith(
    'prepare.js',
    [],
    'params.yaml: prepare.validate_month must come after the training months (2001-03)',
  );
  await setParams(dir, { history_months: '[2001-02]' });
  await failsWith(
    'prepare.js',
    [],
    'params.yaml: prepare.history_months must lie before the training months (2001-02)',
  );
  await writeFile(join(dir, 'params.yaml'), 'prepare: {}\n');
  await failsWith('prepare.js', [], 'params.yaml: prepare.history_months is missing');
  await failsWith('train.js', [], 'params.yaml has no section "train:"');
  await rm(join(dir, 'params.yaml'));
  await failsWith('train.js', [], 'cannot read params.yaml: run this from the project folder');
});

test('evaluation refuses a model whose two forms are of different trainings', async () => {
  const dir = await preparedProject();
  for (const script of ['prepare.js', 'train.js']) expect((await runScript(dir, script)).exitCode).toBe(0);
  await mkdir(join(dir, 'models'), { recursive: true });
  const path = join(dir, 'models/late.onnx');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  const { exitCode, stderr } = await runScript(dir, 'evaluate.js');
  expect([exitCode, stderr]).toEqual([
    1,
    'error: models/late.json and models/late.onnx are not of the same training: run "mlo repro train"\n',
  ]);
});
