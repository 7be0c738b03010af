import { describe, expect, it } from 'vitest';
import { loadNative } from '#adapters/onnx/native.ts';
import { engineStatus, openEngine } from '#adapters/onnx/open-engine.ts';
import { onnxModel } from '../../../support/onnx-model.ts';
import { lateModel, matrixModel } from '../../../support/sample-models.ts';

const KINDS =
  loadNative(undefined).engine === undefined ? (['wasm'] as const) : (['native', 'wasm'] as const);

describe.each(KINDS)('the %s engine', (choice) => {
  it('runs int64, float32 and string inputs', async () => {
    const engine = await openEngine({ choice });
    const session = await engine.load(lateModel(), 'late.onnx');
    expect(session.inputs.map((input) => input.type)).toEqual(['int64', 'float32', 'string']);
    const { probability } = await session.run({
      hour: { type: 'int64', dims: [2, 1], data: BigInt64Array.of(18n, 6n) },
      distance: { type: 'float32', dims: [2, 1], data: Float32Array.of(500, 1000) },
      origin: { type: 'string', dims: [2, 1], data: ['ORD', 'elsewhere'] },
    });
    const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
    expect(probability?.dims).toEqual([2, 1]);
    expect(Number(probability?.data[0])).toBeCloseTo(sigmoid(18 * 0.07 - 500 * 0.0003 + 0.9 - 1), 5);
    expect(Number(probability?.data[1])).toBeCloseTo(sigmoid(6 * 0.07 - 1000 * 0.0003 - 1), 5);
    await session.release();
    await session.release();
  });

  it('says which model it cannot load, without paths of the engine', async () => {
    const engine = await openEngine({ choice });
    const bad = onnxModel({
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 1] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['N', 1] }],
      nodes: [{ op: 'NoSuchOperator', inputs: ['x'], outputs: ['y'] }],
    });
    await expect(engine.load(bad, 'bad.onnx')).rejects.toMatchObject({
      code: 'MLO_MODEL_UNLOADABLE',
      message: expect.stringMatching(/^bad\.onnx: .*NoSuchOperator/),
    });
  });

  it('reports a run that fails as an error', async () => {
    const session = await (await openEngine({ choice })).load(matrixModel(), 'm.onnx');
    const wrong = { x: { type: 'float32', dims: [1, 2], data: new Float32Array(2) } } as const;
    await expect(session.run(wrong)).rejects.toMatchObject({ code: 'MLO_MODEL_RUN_FAILED' });
    await session.release();
  });
});

describe('choosing an engine', () => {
  it('tells what runs and why, and never throws', async () => {
    const status = await engineStatus({ choice: 'auto', nativeDir: '/nowhere' });
    expect(status.wasm.available).toBe(true);
    expect(status.running).toBe(status.native.available ? 'native' : 'wasm');
    expect(await engineStatus({ choice: 'wasm' })).toMatchObject({
      running: 'wasm',
      reason: 'serve.engine is wasm',
    });
  });

  it('gives the same bits for any batch size', async () => {
    for (const choice of KINDS) {
      const session = await (await openEngine({ choice })).load(matrixModel(), 'm.onnx');
      const rows = 67;
      const data = Float32Array.from({ length: rows * 3 }, (_, at) => Math.sin(at) * 3);
      const together = await session.run({ x: { type: 'float32', dims: [rows, 3], data } });
      for (let row = 0; row < rows; row += 1) {
        const x = { type: 'float32', dims: [1, 3], data: data.slice(row * 3, row * 3 + 3) } as const;
        const alone = await session.run({ x });
        const whole = [...(together.probabilities?.data ?? [])];
        expect([...(alone.probabilities?.data ?? [])]).toEqual(whole.slice(row * 2, row * 2 + 2));
      }
      await session.release();
    }
  });
});
