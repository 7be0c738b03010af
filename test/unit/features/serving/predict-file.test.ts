import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openTable } from '#adapters/tables/open-table.ts';
import { writeParquet } from '#adapters/tables/write-parquet.ts';
import { decodeV1 } from '#formats/inference/decode-tabular.ts';
import { predictFile, type Predictor } from '#features/serving/index.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { packagedLate, packagedModel } from '../../../support/packaged-model.ts';
import { batchMeanModel, matrixModel } from '../../../support/sample-models.ts';

const ORIGINS = ['ORD', 'JFK', 'SFO', 'ZZZ'];
const row = (at: number) => ({
  hour: at % 24,
  distance: Math.fround(100 + at * 1.37),
  origin: ORIGINS[at % 4] ?? '',
});

async function columnOf(path: AbsolutePath, name: string): Promise<number[]> {
  const values: number[] = [];
  for await (const batch of (await openTable(path)).batches({ columns: [name] })) {
    values.push(...(batch.columns[0]?.values ?? []).map(Number));
  }
  return values;
}

async function served(predictor: Predictor, rows: readonly object[]): Promise<number[]> {
  const { answer } = predictor.submit((sink) => {
    decodeV1({ instances: rows }, predictor.signature, sink);
    return { timeoutMs: undefined };
  });
  return [...((await answer).outputs[0]?.data ?? [])].map(Number);
}

describe('predictFile', () => {
  it('gives the bits serving gives, single and batched, from every format', async () => {
    const { dir, load } = await packagedLate();
    const predictor = await load();
    const rows = Array.from({ length: 5000 }, (_, at) => row(at));
    const input = joinPath(dir, 'in.parquet');
    await writeParquet({
      path: input,
      columns: [
        { name: 'extra', type: 'int', values: Float64Array.from(rows, (_, at) => at), nulls: undefined },
        { name: 'origin', type: 'string', values: rows.map(({ origin }) => origin) },
        { name: 'hour', type: 'int', values: Float64Array.from(rows, ({ hour }) => hour), nulls: undefined },
        {
          name: 'distance',
          type: 'float',
          values: Float64Array.from(rows, ({ distance }) => distance),
          nulls: undefined,
        },
      ],
    });
    const output = joinPath(dir, 'out.parquet');
    const outcome = await predictFile({ predictor, input, output, keep: ['extra'] });
    expect(outcome).toMatchObject({ model: 'late/1', rows: 5000, columns: ['extra', 'probability'] });
    const scored = await columnOf(output, 'probability');
    expect(await columnOf(output, 'extra')).toEqual(rows.map((_, at) => at));
    expect(await served(predictor, rows.slice(0, 700))).toEqual(scored.slice(0, 700));
    const singles = await Promise.all(rows.slice(4000, 4200).map((one) => served(predictor, [one])));
    expect(singles.flat()).toEqual(scored.slice(4000, 4200));

    const csv = joinPath(dir, 'in.csv');
    await writeFile(
      csv,
      `hour,distance,origin\n${rows.map((r) => `${r.hour},${r.distance},${r.origin}`).join('\n')}\n`,
    );
    const jsonl = joinPath(dir, 'in.jsonl');
    await writeFile(jsonl, rows.map((r) => `${JSON.stringify(r)}\n`).join(''));
    for (const path of [csv, jsonl]) {
      await predictFile({ predictor, input: path, output });
      expect(await columnOf(output, 'probability')).toEqual(scored);
    }
    const text = joinPath(dir, 'out.csv');
    await predictFile({ predictor, input: csv, output: text, keep: ['origin'] });
    const lines = (await readFile(text, 'utf8')).trimEnd().split('\n');
    expect(lines[0]).toBe('origin,probability');
    expect(lines.slice(1).map((line) => Number(line.split(',')[1]))).toEqual(scored);
    const lineOut = joinPath(dir, 'out.jsonl');
    await predictFile({ predictor, input: csv, output: lineOut });
    expect(JSON.parse((await readFile(lineOut, 'utf8')).split('\n')[7] ?? '')).toEqual({
      probability: scored[7],
    });
    await predictor.close();
  });

  it('gives one column for each class, and rows one by one when the model must not be batched', async () => {
    const matrix = await packagedModel(matrixModel({ 'mlo.columns': 'a,b,c', 'mlo.classes': 'no,yes' }));
    const predictor = await matrix.load();
    const input = joinPath(matrix.dir, 'in.csv');
    await writeFile(input, 'a,b,c\n1,2,0.5\n,0,0\n');
    const outcome = await predictFile({ predictor, input });
    expect(outcome.columns).toEqual(['label', 'probabilities.no', 'probabilities.yes']);
    expect(outcome.preview[0]?.[0]).toBe(0);
    expect(outcome.preview[1]?.[1]).toBeNaN();
    await predictor.close();
    const mean = await packagedModel(batchMeanModel());
    const alone = await mean.load();
    const rows = joinPath(mean.dir, 'in.csv');
    await writeFile(rows, 'x_0,x_1\n1,2\n3,4\n');
    expect((await predictFile({ predictor: alone, input: rows })).preview).toEqual([
      [0, 0],
      [0, 0],
    ]);
    await alone.close();
  });

  it('names the missing column, the wrong type and the bad row', async () => {
    const { dir, load } = await packagedLate();
    const predictor = await load();
    const input = joinPath(dir, 'in.csv');
    const attempt = async (text: string, extra: { output?: AbsolutePath; keep?: string[] } = {}) => {
      await writeFile(input, text);
      return await predictFile({ predictor, input, ...extra });
    };
    await expect(attempt('hour,distance\n1,2\n')).rejects.toMatchObject({
      code: 'MLO_NO_COLUMN',
      message: expect.stringContaining('"origin"'),
      details: { column: 'origin' },
    });
    await expect(attempt('hour,distance,origin\n1,2,7\n')).rejects.toMatchObject({
      code: 'MLO_COLUMN_TYPE',
      message: expect.stringMatching(/"origin" is int, the model takes string/),
    });
    await expect(attempt('hour,distance,origin\n1,2,A\n1.5,2,B\n')).rejects.toMatchObject({
      code: 'MLO_BAD_REQUEST',
      message: expect.stringMatching(/column "hour", row 2: .*1\.5/),
    });
    await expect(attempt('hour,distance,origin\n1,2,A\n', { keep: ['nope'] })).rejects.toMatchObject({
      code: 'MLO_NO_COLUMN',
    });
    await expect(
      attempt('hour,distance,origin\n1,2,A\n', { output: joinPath(dir, 'out.xlsx') }),
    ).rejects.toMatchObject({ code: 'MLO_UNKNOWN_FORMAT' });
    expect((await attempt('hour,distance,origin\n1,,A\n')).preview[0]?.[0]).toBeNaN();
    await predictor.close();
  });
});
