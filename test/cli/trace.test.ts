import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lineageProject, PREDICTION_ID, predictionsDir, replaceInFiles } from '../support/lineage-project.ts';
import { runCli } from '../support/run-cli.ts';

describe('mlo trace', () => {
  it('prints the chain from a prediction to data and commit in few lines', async () => {
    const made = await lineageProject();
    const { exitCode, stdout } = await runCli(['trace', PREDICTION_ID], { cwd: made.dir });
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(15);
    const short = (id: string): string => id.replace('sha256:', '').slice(0, 12);
    expect(lines).toEqual([
      `prediction ${PREDICTION_ID} 2026-01-02 00:00:00 1 row`,
      '    outputs y=[42]',
      expect.stringMatching(`^  package late/1 ${short(made.digest)} 2026-01-01`),
      expect.stringMatching(`^    model late/1 @candidate @prod ${short(made.modelId)} \\d+ B 2026-01-01`),
      expect.stringMatching(`^      run ${made.runId.slice(0, 8)} train-late FINISHED `),
      '          params rate=0.1 trees=20',
      '          metrics auc=0.75',
      `        commit ${made.commit.slice(0, 12)}`,
      `        data data/flights.csv ${short(made.dataId)} 8 B pointer`,
      `        data features/train.csv ${short(made.featuresId)} 4 B lock`,
      '        1 file as of the commit train.js',
      '10 edges verified',
    ]);
  });

  it('shows what was made of a dataset first', async () => {
    const made = await lineageProject();
    const { stdout } = await runCli(['trace', 'flights.csv'], { cwd: `${made.dir}/data` });
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^made of it: run [0-9a-f]{8} train-late FINISHED/),
      expect.stringMatching(/^made of it: model late\/1 @candidate @prod/),
      expect.stringMatching(/^made of it: package late\/1/),
      expect.stringMatching(/^data data\/flights\.csv/),
    ]);
  });

  it('gives the whole graph as data', async () => {
    const made = await lineageProject();
    const { result } = (await runCli(['trace', 'late@prod', '--json'], { cwd: made.dir })).json();
    expect(result.subject).toEqual({ text: 'late@prod', node: 'model:late/1' });
    expect(result.edges).toContainEqual({
      from: 'model:late/1',
      to: `run:${made.runId}`,
      relation: 'produced-by',
      evidence: "the run's output models/late.onnx has the content",
      verified: true,
    });
  });

  it('ends with 14 at a broken edge, naming both values', async () => {
    const made = await lineageProject();
    const other = `sha256:${'0'.repeat(64)}`;
    await replaceInFiles(predictionsDir(made.project), made.digest, other);
    const found = await runCli(['trace', PREDICTION_ID, '--json'], { cwd: made.dir });
    expect(found.exitCode).toBe(14);
    expect(found.json().error).toMatchObject({
      code: 'MLO_BROKEN_EDGE',
      details: {
        what: 'the bundle that answered',
        witnesses: [{ says: other, readFrom: 'the prediction log' }, { readFrom: 'the registry' }],
      },
    });
  });

  it('ends with 14 when the sealed log of the prediction is damaged, naming the file', async () => {
    const made = await lineageProject({ sealed: true });
    const dir = predictionsDir(made.project);
    const name = (await readdir(dir)).find((entry) => entry.endsWith('.parquet')) ?? '';
    await truncate(join(dir, name), 100);
    const found = await runCli(['trace', PREDICTION_ID, '--json'], { cwd: made.dir });
    expect(found.exitCode).toBe(14);
    expect(found.json().error).toMatchObject({
      code: 'MLO_PREDICTION_LOG_DAMAGED',
      details: { path: join(dir, name) },
    });
  });

  it('ends with 12 when nothing has the name, and 10 outside a project', async () => {
    const made = await lineageProject();
    const missing = await runCli(['trace', 'nothing'], { cwd: made.dir });
    expect(missing).toMatchObject({ exitCode: 12, stdout: '' });
    expect(missing.stderr).toContain('"nothing" is no prediction, package, model, versioned path or run');
    expect(await runCli(['trace', 'late@prod'], { cwd: '/' })).toMatchObject({ exitCode: 10 });
  });
});
