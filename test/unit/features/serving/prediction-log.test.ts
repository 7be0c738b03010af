import { appendFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTable } from '#adapters/tables/open-table.ts';
import { decodeV1 } from '#formats/inference/decode-tabular.ts';
import {
  findPrediction,
  newPredictionId,
  openPredictionLog,
  predictionTables,
  type Predictor,
} from '#features/serving/index.ts';
import { joinPath } from '#foundation/paths.ts';
import { silent } from '#foundation/events.ts';
import { packagedLate } from '../../../support/packaged-model.ts';

const ROWS = [
  { hour: 18, distance: 500.25, origin: 'ORD' },
  { hour: 6, distance: null, origin: 'says "hi", \n ok' },
];

async function answered(predictor: Predictor, rows: readonly object[] = ROWS) {
  return predictor.submit((sink) => {
    decodeV1({ instances: rows }, predictor.signature, sink);
    return { timeoutMs: undefined };
  }).answer;
}

function flipped(bytes: Buffer, from: number, to: number): Buffer {
  return Buffer.from(bytes.map((byte, at) => (at >= from && at < to ? byte ^ 0xff : byte)));
}

async function opened() {
  const model = await packagedLate();
  const predictor = await model.load();
  const dir = joinPath(model.project.paths.predictionsDir, 'late');
  const open = (rotateBytes?: number) =>
    openPredictionLog({
      dir,
      model: predictor.model,
      signature: predictor.signature,
      report: silent,
      ...(rotateBytes === undefined ? {} : { rotateBytes }),
    });
  return { ...model, predictor, logDir: dir, open };
}

describe('the prediction log', () => {
  it('is found by id while it is open and after it was sealed, value for value', async () => {
    const { project, predictor, open, logDir, digest } = await opened();
    const log = await open();
    const answer = await answered(predictor);
    const ids = [newPredictionId(Date.now()), newPredictionId(Date.now()), newPredictionId(Date.now())];
    for (const id of ids) log.record(id, 1_767_323_045_123, answer);
    await log.flush();
    const probability = [...(answer.outputs[0]?.data ?? [])];
    const expected = {
      id: ids[1],
      time: 1_767_323_045_123,
      model: 'late',
      version: 1,
      bundle: digest,
      rows: 2,
      inputs: { hour: [18, 6], distance: [500.25, null], origin: ['ORD', 'says "hi", \n ok'] },
    };
    const found = await findPrediction({ project, id: ids[1] ?? '' });
    expect(found).toMatchObject(expected);
    expect(
      found?.outputs.probability?.map((value) => (value === null ? NaN : Math.fround(Number(value)))),
    ).toEqual(probability);
    await log.close();
    expect((await readdir(logDir)).map((name) => name.replace(/^.*\./, ''))).toEqual(['parquet']);
    const sealed = await findPrediction({ project, id: ids[1] ?? '' });
    expect(sealed).toMatchObject(expected);
    expect(
      sealed?.outputs.probability?.map((value) => (value === null ? NaN : Math.fround(Number(value)))),
    ).toEqual(probability);
    expect(await findPrediction({ project, id: newPredictionId(Date.now()) })).toBeUndefined();
    expect(await findPrediction({ project, id: 'late@prod' })).toBeUndefined();
    await predictor.close();
  });

  it('gives drift tables of sealed and open journals alike', async () => {
    const { project, predictor, open } = await opened();
    const answer = await answered(predictor);
    const first = await open();
    first.record(newPredictionId(1), 1000, answer);
    await first.close();
    const second = await open();
    second.record(newPredictionId(2), 2000, answer);
    await second.flush();
    const files = await predictionTables({ project, model: 'late' });
    const tables = await Promise.all(files.map((path) => openTable(path)));
    expect(tables.map((table) => table.rows)).toEqual([2, 2]);
    expect(tables[0]?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'mlo_prediction_id string',
      'mlo_row int',
      'mlo_time datetime',
      'mlo_version int',
      'mlo_bundle string',
      'hour int',
      'distance float',
      'origin string',
      'prediction.probability float',
    ]);
    await second.close();
    expect(await predictionTables({ project, model: 'nothing' })).toEqual([]);
    await predictor.close();
  });

  it('seals what a killed server left, without its torn last line', async () => {
    const { project, predictor, open, logDir } = await opened();
    const answer = await answered(predictor);
    const log = await open();
    const id = newPredictionId(1);
    log.record(id, 1000, answer);
    await log.flush();
    const journal = (await readdir(logDir)).find((name) => name.endsWith('.jsonl')) ?? '';
    const bytes = await readFile(join(logDir, journal));
    await log.close();
    // As kill -9 leaves it: the journal, half a record, and the lock of a process that is gone.
    await writeFile(join(logDir, '20200101T000000-dead0000.jsonl'), bytes);
    await appendFile(join(logDir, '20200101T000000-dead0000.jsonl'), '{"id":"pred_torn","t":17');
    await writeFile(
      join(logDir, '20200101T000000-dead0000.lock'),
      JSON.stringify({
        pid: 1,
        startTime: 'gone',
        bootId: 'other boot',
        host: (await import('node:os')).hostname(),
        nonce: 'x',
        command: 'mlo serve',
      }),
    );
    const files = await predictionTables({ project, model: 'late' });
    expect(files.map((path) => path.split('/').at(-1))).toContain('20200101T000000-dead0000.parquet');
    expect((await openTable(files[0]!)).rows).toBe(2);
    expect((await readdir(logDir)).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
    await predictor.close();
  });

  it.each([
    ['a record', (lines: string[]) => [...lines, '5', '{"id":"x","t":1e300,"rows":1,"in":[],"out":[]}'], 2],
    ['a value', (lines: string[]) => [...lines, (lines[1] ?? '').replace('[18,', '[1.5,')], 2],
    ['the header', (lines: string[]) => ['{"mlo_predictions":1,"imputs":[]}', ...lines.slice(1)], 0],
    ['everything', () => ['\u0000\u0001', '\u0002'], 0],
  ] as const)('reads around damage of %s and keeps the damaged journal', async (_what, damage, rows) => {
    const { project, predictor, open, logDir } = await opened();
    const log = await open();
    log.record(newPredictionId(1), 1000, await answered(predictor));
    await log.flush();
    const journal = (await readdir(logDir)).find((name) => name.endsWith('.jsonl')) ?? '';
    const lines = (await readFile(join(logDir, journal), 'utf8')).trimEnd().split('\n');
    await log.close();
    const damaged = `${damage(lines).join('\n')}\n`;
    await writeFile(join(logDir, '20200101T000000-bad00000.jsonl'), damaged);
    const tables = await predictionTables({ project, model: 'late' });
    const segment = tables.find((path) => path.includes('bad00000'));
    const sealed = segment === undefined ? 0 : (await openTable(segment)).rows;
    expect(sealed).toBe(rows);
    expect(await readFile(join(logDir, '20200101T000000-bad00000.jsonl.damaged'), 'utf8')).toBe(damaged);
    await predictor.close();
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['with a flipped footer', (bytes: Buffer) => flipped(bytes, bytes.length - 40, bytes.length - 8)],
    ['with flipped pages', (bytes: Buffer) => flipped(bytes, 4, 40)],
  ] as const)('names a segment that is %s, and goes on once it is set aside', async (_what, damage) => {
    const { project, predictor, open } = await opened();
    const answer = await answered(predictor);
    const id = newPredictionId(1000);
    for (const [made, time] of [
      [id, 1000],
      [newPredictionId(900), 900],
    ] as const) {
      const log = await open();
      log.record(made, time, answer);
      await log.close();
    }
    const [good, bad] = (await predictionTables({ project, model: 'late' })).toSorted();
    if (good === undefined || bad === undefined) throw new Error('two segments were sealed');
    const intact = await readFile(bad);
    await writeFile(bad, damage(intact));
    await expect(findPrediction({ project, id })).rejects.toMatchObject({
      kind: 'integrity',
      code: 'MLO_PREDICTION_LOG_DAMAGED',
      message: expect.stringContaining(bad) as string,
      hint: expect.stringContaining(`mv ${bad} ${bad}.damaged`) as string,
    });
    await rename(bad, `${bad}.damaged`);
    expect(await predictionTables({ project, model: 'late' })).toEqual([good]);
    expect(await findPrediction({ project, id: newPredictionId(1001) })).toBeUndefined();
    await predictor.close();
  });

  it('rotates without losing a record', async () => {
    const { project, predictor, open, logDir } = await opened();
    const answer = await answered(predictor);
    const log = await open(2000);
    const ids = Array.from({ length: 60 }, (_, at) => newPredictionId(1000 + at));
    for (const id of ids) {
      log.record(id, 1000, answer);
      await log.flush();
    }
    await log.close();
    const segments = (await readdir(logDir)).filter((name) => name.endsWith('.parquet'));
    expect(segments.length).toBeGreaterThan(2);
    const logged: unknown[] = [];
    for (const path of await predictionTables({ project, model: 'late' })) {
      for await (const batch of (await openTable(path)).batches({ columns: ['mlo_prediction_id'] })) {
        logged.push(...(batch.columns[0]?.values ?? []));
      }
    }
    expect(logged.toSorted()).toEqual(ids.flatMap((id) => [id, id]).toSorted());
    expect(log.dropped()).toBe(0);
    await predictor.close();
  });
});
