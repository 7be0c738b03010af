import { describe, expect, it } from 'vitest';
import { decodeV1 } from '#formats/inference/decode-tabular.ts';
import type { NamedTensor } from '#formats/inference/encode.ts';
import { signatureOf } from '#formats/inference/signature.ts';
import { readOnnxHeader } from '#formats/onnx/model-header.ts';
import { MicroBatcher, type RunModel } from '../../../../src/features/serving/micro-batcher.ts';
import { matrixModel } from '../../../support/sample-models.ts';

const signature = signatureOf(readOnnxHeader(matrixModel(), 'm'), 'm');

/** Answers the sum of each row; remembers how many rows each call had. */
function summing(fail: (rows: readonly number[][]) => boolean = () => false): {
  run: RunModel;
  calls: number[];
} {
  const calls: number[] = [];
  const run: RunModel = (feeds) => {
    const data = feeds.x?.data as Float32Array;
    const rows = Array.from({ length: data.length / 3 }, (_, at) => [...data.subarray(at * 3, at * 3 + 3)]);
    calls.push(rows.length);
    if (fail(rows)) return Promise.reject(new Error('bad row'));
    const sums = Float32Array.from(rows, (row) => row.reduce((sum, value) => sum + value, 0));
    const output: NamedTensor = { name: 's', type: 'float32', dims: [rows.length], data: sums };
    return Promise.resolve([output]);
  };
  return { run, calls };
}

const LIMITS = { queueRows: 100, batchRows: 8, deadlineMs: 60_000 };

function batcher(run: RunModel, limits = LIMITS, batching = true): MicroBatcher {
  return new MicroBatcher({ signature, run, limits, batching });
}

function ask(target: MicroBatcher, rows: readonly number[][], timeoutMs?: number, isGone?: () => boolean) {
  return target.submit((sink) => {
    decodeV1({ inputs: rows }, signature, sink);
    return { timeoutMs };
  }, isGone).answer;
}

const values = async (answer: ReturnType<typeof ask>): Promise<unknown> => [
  ...((await answer).outputs[0]?.data ?? []),
];

describe('MicroBatcher', () => {
  it('answers the requests of one turn with one call, each with its own rows', async () => {
    const { run, calls } = summing();
    const target = batcher(run);
    const answers = [
      ask(target, [[1, 1, 1]]),
      ask(target, [
        [2, 2, 2],
        [3, 3, 3],
      ]),
      ask(target, [[4, 4, 4]]),
    ];
    expect(target.queuedRows).toBe(4);
    expect(await Promise.all(answers.map(values))).toEqual([[3], [6, 9], [12]]);
    expect(calls).toEqual([4]);
    expect(target.queuedRows).toBe(0);
  });

  it('never puts more than batchRows into one call, and runs a larger request alone', async () => {
    const { run, calls } = summing();
    const target = batcher(run);
    const rows = (count: number): number[][] => Array.from({ length: count }, (_, at) => [at, 0, 0]);
    const answers = [ask(target, rows(5)), ask(target, rows(5)), ask(target, rows(20)), ask(target, rows(3))];
    expect((await Promise.all(answers)).map((answer) => answer.rows)).toEqual([5, 5, 20, 3]);
    expect(calls.toSorted((a, b) => a - b)).toEqual([5, 8, 20]);
  });

  it('runs each request alone when the model must not be batched', async () => {
    const { run, calls } = summing();
    const target = batcher(run, LIMITS, false);
    await Promise.all([
      ask(target, [[1, 1, 1]]),
      ask(target, [
        [2, 2, 2],
        [3, 3, 3],
      ]),
    ]);
    expect(calls).toEqual([1, 2]);
  });

  it('gives a bad request back without touching its neighbours', async () => {
    const { run } = summing();
    const target = batcher(run);
    const before = ask(target, [[1, 1, 1]]);
    expect(() =>
      ask(target, [
        [1, 2, 3],
        [4, 'x' as unknown as number, 6],
      ]),
    ).toThrow(/expected a number/);
    const after = ask(target, [[2, 2, 2]]);
    expect([await values(before), await values(after)]).toEqual([[3], [6]]);
  });

  it('fails only the request whose rows make the engine fail', async () => {
    const { run } = summing((rows) => rows.some((row) => row[0] === 13));
    const target = batcher(run);
    const settled = await Promise.allSettled([
      ask(target, [[1, 1, 1]]),
      ask(target, [[13, 0, 0]]),
      ask(target, [[2, 2, 2]]),
    ]);
    expect(settled.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('refuses when the queue is full, counted in rows, and takes requests again afterwards', async () => {
    const { run } = summing();
    const target = batcher(run, { ...LIMITS, queueRows: 3 });
    const first = ask(target, [
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(() =>
      ask(target, [
        [1, 1, 1],
        [2, 2, 2],
      ]),
    ).toThrow(expect.objectContaining({ code: 'MLO_QUEUE_FULL' }));
    expect(() =>
      ask(target, [
        [1, 0, 0],
        [2, 0, 0],
        [3, 0, 0],
        [4, 0, 0],
      ]),
    ).toThrow(expect.objectContaining({ code: 'MLO_BODY_TOO_LARGE' }));
    await first;
    expect(
      await values(
        ask(target, [
          [1, 1, 1],
          [2, 2, 2],
        ]),
      ),
    ).toEqual([3, 6]);
  });

  it('drops what nobody waits for any more without running it', async () => {
    const { run, calls } = summing();
    const target = batcher(run);
    const late = ask(target, [[1, 1, 1]], 0.000001);
    const gone = ask(target, [[1, 1, 1]], undefined, () => true);
    await expect(late).rejects.toMatchObject({ code: 'MLO_DEADLINE' });
    await expect(gone).rejects.toMatchObject({ code: 'MLO_CLIENT_GONE' });
    expect(calls).toEqual([]);
  });

  it('drains: answers what it has, refuses what comes', async () => {
    const { run } = summing();
    const target = batcher(run);
    const answer = ask(target, [[1, 1, 1]]);
    const drained = target.drain();
    expect(() => ask(target, [[1, 1, 1]])).toThrow(expect.objectContaining({ code: 'MLO_DRAINING' }));
    await drained;
    expect(await values(answer)).toEqual([3]);
  });
});
