import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OnnxEngine } from '#adapters/onnx/engine.ts';
import { loadNative } from '#adapters/onnx/native.ts';
import { loadWasm } from '#adapters/onnx/wasm.ts';
import { batchFor } from '#formats/inference/rows.ts';
import { decodeExample } from '#formats/inference/example.ts';
import { signatureOf } from '#formats/inference/signature.ts';
import { readOnnxHeader } from '#formats/onnx/model-header.ts';
import { parseSignatureHints } from '#formats/signature-file.ts';
import { load, sampleMonths, TEMPLATE, type RawFlights } from './flights-template.ts';

const THRESHOLD = 0.3;

async function trainOnSample(dir: string) {
  const month = await sampleMonths(dir);
  const { readFlights } = await load('lib/flights.js');
  const { buildFeatures } = await load('prepare.js');
  const { trainModel } = await load('train.js');
  const past = await readFlights([month('2001-01')]);
  const train = await readFlights([month('2001-02'), month('2001-03')]);
  const validate = await readFlights([month('2001-04')]);
  const features = buildFeatures({ past, train, validate, smoothing: 20 });
  const columns = Object.fromEntries(features.train.map(({ name, data }) => [name, data]));
  const params = {
    trees: 25,
    depth: 6,
    learning_rate: 0.3,
    min_leaf: 10,
    l2: 1,
    sample: 0.8,
    seed: 3,
    threshold: THRESHOLD,
  };
  return {
    ...trainModel({ columns, history: features.history, params }),
    validate,
    history: features.history,
  };
}

let dir: string;
let trained: Awaited<ReturnType<typeof trainOnSample>>;
let flights: RawFlights;
let expected: Float64Array;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mlo-test-'));
  trained = await trainOnSample(dir);
  const { validate } = trained;
  flights = {
    hour: validate.hour,
    weekday: validate.weekday,
    distance: validate.distance,
    // Airports nobody has seen, and strings that are no airports.
    origin: validate.origin.with(0, 'ZZZ').with(1, ''),
    destination: validate.destination.with(0, 'ZZZ').with(2, '上海'),
  };
  const { score } = await load('lib/model.js');
  expected = score(trained.json, flights);
});

afterAll(() => rm(dir, { recursive: true, force: true }));

async function engineOf(kind: 'native' | 'wasm'): Promise<OnnxEngine | undefined> {
  const attempt = kind === 'native' ? loadNative(undefined) : await loadWasm();
  return attempt.engine;
}

const native = await engineOf('native');
if (native === undefined)
  process.stderr.write('skipped: native ONNX engine: onnxruntime-node does not load\n');

describe.each(['native', 'wasm'] as const)('%s engine', (kind) => {
  // The native runtime is an optional package; the WebAssembly one never is.
  test.skipIf(kind === 'native' && native === undefined)(
    'answers what the JavaScript scorer does',
    async () => {
      const engine = await engineOf(kind);
      if (engine === undefined) throw new Error('no engine');
      const session = await engine.load(trained.onnx, 'late.onnx');
      const rows = flights.hour.length;
      const dims = [rows, 1];
      const outputs = await session.run({
        hour: { type: 'int64', dims, data: BigInt64Array.from(Array.from(flights.hour), BigInt) },
        weekday: { type: 'int64', dims, data: BigInt64Array.from(Array.from(flights.weekday), BigInt) },
        distance: { type: 'float32', dims, data: Float32Array.from(flights.distance) },
        origin: { type: 'string', dims, data: [...flights.origin] },
        destination: { type: 'string', dims, data: [...flights.destination] },
      });
      await session.release();
      const { probability, late } = outputs;
      expect(probability!.dims).toEqual(dims);
      expect(late!.dims).toEqual(dims);
      expect(rows).toBeGreaterThan(800);
      for (let row = 0; row < rows; row += 1) {
        const given = Number(probability!.data[row]);
        expect(Math.abs(given - expected[row]!)).toBeLessThan(1e-6);
        expect(Number(late!.data[row])).toBe(given >= Math.fround(THRESHOLD) ? 1 : 0);
      }
    },
  );
});

test('the answers differ from flight to flight, so that the comparison says something', () => {
  expect(new Set(expected).size).toBeGreaterThan(500);
  expect(expected.filter((each) => each >= THRESHOLD).length).toBeGreaterThan(50);
});

test('an airport without history counts as average', async () => {
  const { lookUp } = await load('lib/history.js');
  const { origin } = trained.history;
  expect([...lookUp(origin, ['ZZZ'])]).toEqual([origin.unseen]);
});

test('the written signature is that of the graph, and names its classes', async () => {
  const { signature } = await load('lib/signature.js');
  const written = signature(trained.history) as ReturnType<typeof signatureOf>;
  const hints = parseSignatureHints(JSON.stringify(written), 'models/signature.json');
  const found = signatureOf(readOnnxHeader(trained.onnx, 'late.onnx'), 'late.onnx', hints);
  const plain = ({ name, dtype, shape }: { name: string; dtype: string; shape: readonly number[] }) => ({
    name,
    dtype,
    shape,
  });
  expect(written.inputs.map(plain)).toEqual(found.inputs);
  expect(written.outputs.map(plain)).toEqual(found.outputs);
  expect(written.columns).toEqual(found.columns);
  expect(found.classes).toEqual(['on time', 'late']);
  // The same without the file, from the model alone.
  expect(signatureOf(readOnnxHeader(trained.onnx, 'late.onnx'), 'late.onnx')).toEqual(found);
});

test('the example is a request that the model takes', async () => {
  const { EXAMPLE } = await load('lib/signature.js');
  const signature = signatureOf(readOnnxHeader(trained.onnx, 'late.onnx'), 'late.onnx');
  const batch = batchFor(signature);
  decodeExample(JSON.stringify(EXAMPLE), signature, batch);
  expect(batch.rows).toBe(3);
});

test('the operators are of the standard, in the versions the header names', () => {
  const header = readOnnxHeader(trained.onnx, 'late.onnx');
  expect(header.opsets).toEqual({ '': 13, 'ai.onnx.ml': 3 });
  expect(header.ops).toEqual([
    'Cast',
    'Concat',
    'GreaterOrEqual',
    'Sigmoid',
    'ai.onnx.ml.LabelEncoder',
    'ai.onnx.ml.TreeEnsembleRegressor',
  ]);
});

test('every package the template asks for is pinned to one version', () => {
  const { dependencies } = JSON.parse(readFileSync(join(TEMPLATE, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
