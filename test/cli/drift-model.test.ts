import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { joinPath, projectPaths } from '#foundation/paths.ts';
import { openBundle } from '#features/packaging/index.ts';
import { newPredictionId, openPredictionLog } from '#features/serving/index.ts';
import { silent } from '#foundation/events.ts';
import { batchFor } from '#formats/inference/rows.ts';
import { describe, expect, it } from 'vitest';
import { testProject, type TestProject } from '../support/project.ts';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { lateModel } from '../support/sample-models.ts';

const ORIGINS = ['ORD', 'JFK', 'SFO'];

interface Flight {
  readonly hour: number;
  readonly distance: number;
  readonly origin: string;
}

/** Flights spread evenly over hours, distances and airports; `later` moves the hours. */
function flights(rows: number, later = 0): Flight[] {
  return Array.from({ length: rows }, (_, i) => ({
    hour: 5 + ((i * 7) % 12) + later,
    distance: 200 + ((i * 131) % 2000),
    origin: ORIGINS[i % 3] ?? '',
  }));
}

function csv(rows: readonly Flight[], withLabel: boolean): string {
  const lines = rows.map(({ hour, distance, origin }, i) =>
    [hour, distance, origin, ...(withLabel ? [i % 5 === 0] : [])].join(','),
  );
  return `hour,distance,origin${withLabel ? ',late' : ''}\n${lines.join('\n')}\n`;
}

/** A packaged model whose bundle carries the profile of its training data, label included. */
async function packaged(): Promise<{ files: TestProject; mlo: (...words: string[]) => Promise<CliResult> }> {
  const files = await testProject();
  await files.write('models/late.onnx', lateModel());
  await files.write('train.csv', csv(flights(1200), true));
  await files.write('mlo.yaml', 'models:\n  late:\n    path: models/late.onnx\n    reference: train.csv\n');
  files.git('add', 'mlo.yaml');
  files.git('commit', '--quiet', '-m', 'model');
  const mlo = (...words: string[]): Promise<CliResult> => runCli(words, { cwd: files.dir });
  expect(await mlo('model', 'register', 'late')).toMatchObject({ exitCode: 0 });
  expect(await mlo('package', 'late@candidate')).toMatchObject({ exitCode: 0 });
  return { files, mlo };
}

/** Logs one answered request of these rows, as a server does. */
async function served(files: TestProject, rows: readonly Flight[]): Promise<void> {
  const project = files.open();
  const { digest, signature } = await openBundle({ project, ref: 'late@candidate' });
  const batch = batchFor(signature);
  batch.reserve(rows.length);
  for (const [name, input] of batch.inputs) {
    rows.forEach((row, i) => {
      const value = row[name as keyof Flight];
      input.data[i] = input.data instanceof BigInt64Array ? BigInt(value) : value;
    });
  }
  const log = await openPredictionLog({
    dir: joinPath(projectPaths(files.dir).predictionsDir, 'late'),
    model: { name: 'late', version: 1, digest },
    signature,
    report: silent,
  });
  const probabilities = new Float32Array(rows.length).fill(0.5);
  log.record(newPredictionId(0), 0, {
    rows: rows.length,
    outputs: [{ name: 'probability', type: 'float32', dims: [rows.length, 1], data: probabilities }],
    inputs: batch.inputs,
    start: 0,
    batchRows: rows.length,
    queueMs: 0,
    runMs: 0,
  });
  await log.close();
}

/** A Parquet file with its footer whole and everything before that overwritten. */
function withoutPages(bytes: Buffer): Buffer {
  const footer = bytes.readUInt32LE(bytes.length - 8) + 8;
  return Buffer.from(bytes).fill(0xff, 4, bytes.length - footer);
}

describe('mlo drift check --model', () => {
  it('holds data against what the model was trained on, looking at its inputs only', async () => {
    const { files, mlo } = await packaged();
    await files.write('may.csv', csv(flights(600), false));
    const calm = await mlo('drift', 'check', 'may.csv', '--model', 'late@candidate', '--json');
    expect(calm.exitCode).toBe(0);
    const { result } = calm.json();
    expect(result.columns.map((column: { name: string }) => column.name).toSorted()).toEqual([
      'distance',
      'hour',
      'origin',
    ]);
    expect(result.reference).toMatchObject({ label: 'late@candidate (late/1)' });
    await files.write('june.csv', csv(flights(600, 6), false));
    const moved = await mlo('drift', 'check', 'june.csv', '--model', 'late@candidate', '--share', '0');
    expect(moved.exitCode).toBe(3);
    expect(moved.stdout).toMatch(/^hour .*drift/m);
  });

  it('finds an input the data lacks', async () => {
    const { files, mlo } = await packaged();
    await files.write('may.csv', csv(flights(600), false).replace('origin', 'orig'));
    const result = await mlo('drift', 'check', 'may.csv', '--model', 'late@candidate', '--share', '0');
    expect(result.exitCode).toBe(3);
    expect(result.stdout).toMatch(/^origin .*drift: missing column/m);
  });

  it('checks the logged predictions when no data is named', async () => {
    const { files, mlo } = await packaged();
    const none = await mlo('drift', 'check', '--model', 'late@candidate');
    expect(none.exitCode).toBe(12);
    expect(none.stderr).toContain('no predictions of late are logged');
    await served(files, flights(400));
    const calm = await mlo('drift', 'check', '--model', 'late@candidate');
    expect([calm.exitCode, calm.stderr]).toEqual([0, '']);
    await served(files, flights(4000, 6));
    const moved = await mlo('drift', 'check', '--model', 'late@candidate', '--share', '0', '--json');
    expect(moved.exitCode).toBe(3);
    expect(moved.json().result).toMatchObject({ driftedColumns: ['hour'], rows: { current: 4400 } });
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['scrambled inside', withoutPages],
  ] as const)(
    'calls a sealed log that is %s damaged, with the command that sets it aside',
    async (_what, damage) => {
      const { files, mlo } = await packaged();
      await served(files, flights(400));
      await served(files, flights(400));
      const dir = joinPath(projectPaths(files.dir).predictionsDir, 'late');
      const name = (await readdir(dir)).find((entry) => entry.endsWith('.parquet')) ?? '';
      const segment = joinPath(dir, name);
      await writeFile(segment, damage(await readFile(segment)));
      const result = await mlo('drift', 'check', '--model', 'late@candidate');
      expect(result).toMatchObject({ exitCode: 14, stdout: '' });
      expect(result.stderr).toContain(`prediction log is damaged: ${segment}: `);
      expect(result.stderr).not.toContain('.jsonl');
      const setAside = /: (mv .+)$/m.exec(result.stderr)?.[1] ?? '';
      execFileSync('sh', ['-c', setAside]);
      expect(await mlo('drift', 'check', '--model', 'late@candidate')).toMatchObject({
        exitCode: 0,
        stderr: '',
      });
    },
  );

  it('leaves a bad table that is no prediction log what it is', async () => {
    const { files, mlo } = await packaged();
    await files.write('may.parquet', 'no parquet');
    const result = await mlo('drift', 'check', 'may.parquet', '--model', 'late@candidate', '--json');
    expect(result.exitCode).toBe(1);
    expect(result.json().error).toMatchObject({ code: 'MLO_BAD_TABLE' });
  });
});
