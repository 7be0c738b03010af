import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath, RunId } from '#foundation/brands.ts';
import type { MloEvent } from '#foundation/events.ts';
import { ownProcess } from '#foundation/process-identity.ts';
import {
  compareRuns,
  listRuns,
  logArtifactToRun,
  logMetricsToRun,
  logParamsToRun,
  markStaleRuns,
  resolveRun,
  showRun,
  startRun,
  type Loggable,
} from '#features/runs/index.ts';
import type { Project } from '#stores/project.ts';
import { testProject } from '../../../support/project.ts';

async function finished(
  project: Project,
  name: string,
  more: { metrics?: Readonly<Record<string, number>>; params?: Loggable; experiment?: string } = {},
): Promise<RunId> {
  await using run = await startRun({ project, name, experiment: more.experiment });
  await run.logParams(more.params ?? {});
  await run.logMetrics(Object.entries(more.metrics ?? {}).map(([key, value]) => ({ key, value })));
  await run.finish('FINISHED', 0);
  return run.runId;
}

async function opened(): Promise<Project> {
  return (await testProject()).open();
}

describe('a run of this process', () => {
  test("is RUNNING with MLflow's tags until it is finished", async () => {
    const project = await opened();
    await using run = await startRun({
      project,
      user: 'Ada',
      command: 'mlo repro',
      tags: { team: 'x', depth: 3 },
    });
    expect(await showRun({ project, ref: run.runId })).toMatchObject({ status: 'RUNNING', endedAt: null });
    await run.logMetrics([{ key: 'loss', value: 0.5, step: 2, timestamp: 1000 }]);
    await run.addArtifact('note.txt', 'hello');
    await run.finish('FINISHED', 0);
    expect(await showRun({ project, ref: run.runId })).toMatchObject({
      status: 'FINISHED',
      exitCode: 0,
      command: 'mlo repro',
      metricDetails: [{ key: 'loss', value: 0.5, step: 2, at: '1970-01-01T00:00:01.000Z' }],
      artifacts: [{ path: 'note.txt', size: 5 }],
      tags: {
        'mlflow.user': 'Ada',
        'mlflow.runName': run.name,
        'mlflow.source.type': 'LOCAL',
        team: 'x',
        depth: '3',
      },
    });
  });

  test('left without an end is FAILED', async () => {
    const project = await opened();
    let runId = '';
    await expect(
      (async () => {
        await using run = await startRun({ project });
        runId = run.runId;
        throw new Error('boom');
      })(),
    ).rejects.toThrow('boom');
    expect((await showRun({ project, ref: runId })).status).toBe('FAILED');
  });

  test('gives signs of life', async () => {
    const project = (await testProject('version: 1\nrun:\n  heartbeat: 1\n')).open();
    await using run = await startRun({ project, clock: { now: () => Date.now() } });
    const tracking = await project.tracking();
    const first = (await tracking.getRun(run.runId))?.run.heartbeatAt ?? 0;
    await expect
      .poll(async () => (await tracking.getRun(run.runId))?.run.heartbeatAt, { timeout: 5000 })
      .toBeGreaterThan(first);
  });

  test.each(['', '  ', 'a\nb', 'x'.repeat(251)])('%j is no name', async (key) => {
    const project = await opened();
    await using run = await startRun({ project });
    await expect(run.logMetrics([{ key, value: 1 }])).rejects.toMatchObject({
      kind: 'usage',
      code: 'MLO_BAD_KEY',
    });
    await expect(run.logParams({ [key]: 1 })).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('naming a run', () => {
  test('@last, @best, name, id and prefix', async () => {
    const project = await opened();
    const a = await finished(project, 'first', { metrics: { auc: 0.9, loss: 0.5 } });
    const b = await finished(project, 'second', { metrics: { auc: 0.7, loss: 0.1 } });
    const c = await finished(project, 'third', { metrics: { auc: Number.NaN } });
    await using open = await startRun({ project });
    await open.logMetrics([{ key: 'auc', value: 1 }]);
    await open.finish('FAILED', 1);
    const id = async (ref: string): Promise<RunId> => (await resolveRun({ project, ref })).run.runId;
    expect(await id('@last')).toBe(open.runId);
    // Best by what the name means, among finished runs; NaN is never best.
    expect(await id('@best(auc)')).toBe(a);
    expect(await id('@best(auc:min)')).toBe(b);
    expect(await id('@best( loss )')).toBe(b);
    expect(await id('@best(loss):max')).toBe(a);
    expect(await id('second')).toBe(b);
    expect(await id(c)).toBe(c);
    expect(await id(c.slice(0, 8).toUpperCase())).toBe(c);
  });

  test('a mistyped name finds near ones; nothing near finds nothing', async () => {
    const project = await opened();
    await finished(project, 'baseline');
    await finished(project, 'bigger-forest');
    await expect(resolveRun({ project, ref: 'basline' })).rejects.toMatchObject({
      kind: 'not-found',
      code: 'MLO_NO_SUCH_RUN',
      message: expect.stringMatching(/did you mean baseline \([0-9a-f]{8}\)\?$/),
      details: { near: ['baseline'] },
    });
    await expect(resolveRun({ project, ref: 'forest' })).rejects.toMatchObject({
      details: { near: ['bigger-forest'] },
    });
    await expect(resolveRun({ project, ref: 'qqqqqqqq' })).rejects.toMatchObject({ details: { near: [] } });
    await expect(resolveRun({ project, ref: 'abc' })).rejects.toThrow(/at least 4 digits/);
  });

  test('a name two runs have is a conflict that lists their ids', async () => {
    const project = await opened();
    const ids = [await finished(project, 'same'), await finished(project, 'same')];
    await expect(resolveRun({ project, ref: 'same' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'MLO_AMBIGUOUS_RUN',
      details: { runs: ids.toReversed() },
    });
  });

  test.each(['@first', '@best', '@best()', '@best(a:up)'])('%s is a usage error', async (ref) => {
    await expect(resolveRun({ project: await opened(), ref })).rejects.toMatchObject({ kind: 'usage' });
  });

  test('no runs, or none with the metric, says so', async () => {
    const project = await opened();
    await expect(resolveRun({ project, ref: '@last' })).rejects.toMatchObject({ kind: 'not-found' });
    await finished(project, 'a', { metrics: { auc: 1 } });
    await expect(resolveRun({ project, ref: '@best(acu)' })).rejects.toMatchObject({
      code: 'MLO_NO_SUCH_METRIC',
      message: expect.stringContaining('known metrics: auc'),
    });
  });
});

describe('listing and comparing', () => {
  test('by metric, by experiment, limited', async () => {
    const project = await opened();
    await finished(project, 'low', { metrics: { loss: 1 }, experiment: 'trees' });
    await finished(project, 'high', { metrics: { loss: 2 } });
    await finished(project, 'none');
    const names = async (more: object): Promise<string[]> =>
      (await listRuns({ project, ...more })).map((run) => run.name);
    expect(await names({})).toEqual(['none', 'high', 'low']);
    expect(await names({ limit: 1 })).toEqual(['none']);
    expect(await names({ sort: 'loss' })).toEqual(['low', 'high', 'none']);
    expect(await names({ sort: 'loss:desc' })).toEqual(['high', 'low', 'none']);
    expect(await names({ experiment: 'trees' })).toEqual(['low']);
    await expect(names({ experiment: 'tress' })).rejects.toMatchObject({ code: 'MLO_NO_SUCH_EXPERIMENT' });
    await expect(names({ sort: 'los' })).rejects.toMatchObject({
      message: expect.stringContaining('did you mean loss'),
    });
  });

  test('differences first, with the change of each metric', async () => {
    const project = await opened();
    await finished(project, 'a', { metrics: { auc: 0.5, loss: 1, only: 1 }, params: { lr: 0.1, depth: 3 } });
    await finished(project, 'b', {
      metrics: { auc: 0.75, loss: 1, nan: NaN },
      params: { lr: 0.2, depth: 3 },
    });
    const result = await compareRuns({ project, refs: [] });
    expect(result.runs.map((run) => run.name)).toEqual(['a', 'b']);
    expect(result.metrics).toEqual([
      { key: 'auc', values: [0.5, 0.75], deltas: [null, 0.25], better: 'higher', same: false },
      { key: 'nan', values: [null, 'NaN'], deltas: [null, null], better: 'higher', same: false },
      { key: 'only', values: [1, null], deltas: [null, null], better: 'higher', same: false },
      { key: 'loss', values: [1, 1], deltas: [null, 0], better: 'lower', same: true },
    ]);
    expect(result.params).toEqual([
      { key: 'lr', values: ['0.1', '0.2'], same: false },
      { key: 'depth', values: ['3', '3'], same: true },
    ]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test('one run is too few', async () => {
    const project = await opened();
    await expect(compareRuns({ project, refs: [] })).rejects.toMatchObject({ kind: 'not-found' });
    await finished(project, 'a');
    await expect(compareRuns({ project, refs: [] })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(compareRuns({ project, refs: ['a'] })).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('runs nobody keeps alive', () => {
  async function abandoned(project: Project, owner: object | string): Promise<RunId> {
    await using run = await startRun({ project });
    await run.finish('FINISHED');
    const tracking = await project.tracking();
    await tracking.updateRun(run.runId, { status: 'RUNNING', heartbeatAt: 50_000 });
    const value =
      typeof owner === 'string' ? owner : JSON.stringify({ ...ownProcess(), intervalMs: 1000, ...owner });
    await tracking.logBatch(run.runId, { tags: [{ key: 'mlo.owner', value }] });
    return run.runId;
  }

  test.each([
    ['a process that is gone', { startTime: '1' }, 50_001, true],
    ['a machine that was restarted since', { bootId: 'another' }, 50_001, true],
    ['this very process', {}, 9_000_000, false],
    ['a container of the same name', { pidNamespace: 'pid:[1]', startTime: '1' }, 9_000_000, false],
    ['another host, lately', { host: 'elsewhere' }, 50_000 + 6000, false],
    ['another host, silent for more than six intervals', { host: 'elsewhere' }, 50_000 + 6001, true],
    ['an owner tag somebody broke', '{', 9_000_000, false],
  ])('%s', async (_, owner, now, killed) => {
    const project = await opened();
    const runId = await abandoned(project, owner);
    const marked = await markStaleRuns({ project, clock: { now: () => now } });
    expect(marked).toEqual(killed ? [runId] : []);
    expect((await (await project.tracking()).getRun(runId))?.run.status).toBe(killed ? 'KILLED' : 'RUNNING');
  });

  test('what had been printed is kept, and a command still running is named', async () => {
    const test = await testProject();
    const project = test.open();
    const runId = await abandoned(project, { startTime: '1' });
    await test.write(`.mlo/runs/${runId}.log`, 'half a line');
    const orphan = [{ key: 'mlo.process', value: JSON.stringify(ownProcess()) }];
    await (await project.tracking()).logBatch(runId, { tags: orphan });
    const events: MloEvent[] = [];
    await listRuns({ project, report: (event) => void events.push(event) });
    expect(events).toMatchObject([
      { type: 'warning', code: 'MLO_ORPHAN_COMMAND', hint: expect.stringContaining(String(process.pid)) },
    ]);
    const run = await showRun({ project, ref: runId });
    expect(run.artifacts).toMatchObject([{ path: 'output.log', size: 11 }]);
    expect(run.endedAt).toBe('1970-01-01T00:00:50.000Z');
  });
});

describe('logging from outside', () => {
  test('to the current run, or the named one before it', async () => {
    const project = await opened();
    const current = await finished(project, 'current');
    const other = await finished(project, 'other');
    await logParamsToRun({ project, currentRunId: current, params: { lr: '0.1' } });
    await logMetricsToRun({
      project,
      currentRunId: current,
      run: 'other',
      metrics: [{ key: 'a', value: 1 }],
    });
    expect(await showRun({ project, ref: current })).toMatchObject({ params: { lr: '0.1' }, metrics: {} });
    expect(await showRun({ project, ref: other })).toMatchObject({ params: {}, metrics: { a: 1 } });
  });

  test('no run, or a deleted one, is one clear error', async () => {
    const project = await opened();
    const metrics = [{ key: 'a', value: 1 }];
    await expect(logMetricsToRun({ project, metrics })).rejects.toMatchObject({ code: 'MLO_NO_CURRENT_RUN' });
    const run = await finished(project, 'a');
    await (await project.tracking()).updateRun(run, { lifecycleStage: 'deleted' });
    await expect(logMetricsToRun({ project, run, metrics })).rejects.toMatchObject({
      code: 'MLO_RUN_DELETED',
    });
  });

  test('files and folders, under their own name or another', async () => {
    const test = await testProject();
    const project = test.open();
    const run = await finished(project, 'a');
    await test.write('out/plot.png', 'png');
    await test.write('out/deep/b.txt', 'b');
    const path = join(test.dir, 'out') as AbsolutePath;
    await logArtifactToRun({ project, run, path: join(path, 'plot.png') as AbsolutePath });
    await logArtifactToRun({ project, run, path, as: 'report/all' });
    expect((await showRun({ project, ref: run })).artifacts).toMatchObject([
      { path: 'plot.png', kind: 'file', size: 3 },
      { path: 'report/all', kind: 'dir', size: 4 },
    ]);
    await expect(logArtifactToRun({ project, run, path, as: '../up' })).rejects.toMatchObject({
      code: 'MLO_UNSAFE_PATH',
    });
    const missing = join(test.dir, 'nowhere') as AbsolutePath;
    await expect(logArtifactToRun({ project, run, path: missing })).rejects.toMatchObject({
      code: 'MLO_NO_SUCH_PATH',
    });
  });
});
