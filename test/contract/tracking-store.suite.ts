import { describe, expect, test } from 'vitest';
import type { ContentId, RunId } from '#foundation/brands.ts';
import { contentIdOf, newRunId } from '#foundation/hash.ts';
import type { NewRun, TrackingStore } from '#stores/database/tracking-store.ts';

/** What every tracking store promises; `open` gives a fresh empty one. */
export function trackingStoreContract(name: string, open: () => Promise<TrackingStore>): void {
  async function withRun(more: Partial<NewRun> = {}): Promise<{ store: TrackingStore; runId: RunId }> {
    const store = await open();
    return { store, runId: await addRun(store, more) };
  }

  async function addRun(store: TrackingStore, more: Partial<NewRun> = {}): Promise<RunId> {
    const run = { runId: newRunId(), experimentId: '0', name: 'a run', startTime: 1_000, ...more };
    await store.createRun(run);
    return run.runId;
  }

  describe(`tracking store contract: ${name}`, () => {
    describe('experiments', () => {
      test('Default has id 0 and is always there', async () => {
        const store = await open();
        expect(await store.listExperiments()).toMatchObject([{ experimentId: '0', name: 'Default' }]);
        expect((await store.experimentByName('Default')).experimentId).toBe('0');
      });

      test('others get a random 63-bit id, kept exactly, and keep it', async () => {
        const store = await open();
        const ids = await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (each) => (await store.experimentByName(each)).experimentId),
        );
        expect(new Set(ids).size).toBe(4);
        for (const id of ids) {
          expect(id).toMatch(/^[1-9]\d*$/);
          expect(BigInt(id) < 2n ** 63n).toBe(true);
        }
        // Nearly all are beyond 2^53, where a number would lose digits.
        expect(ids.some((id) => BigInt(id) > 2n ** 53n)).toBe(true);
        expect((await store.experimentByName('c')).experimentId).toBe(ids[2]);
        const runId = await addRun(store, { experimentId: ids[3] ?? '' });
        expect(await store.getRun(runId)).toMatchObject({
          run: { experimentId: ids[3] },
          experimentName: 'd',
        });
        expect(await store.listRuns({ experimentId: ids[3] ?? '' })).toHaveLength(1);
        expect(await store.listRuns({ experimentId: ids[2] ?? '' })).toHaveLength(0);
      });

      test('a run in an unknown experiment is refused', async () => {
        const store = await open();
        await expect(addRun(store, { experimentId: '12345' })).rejects.toMatchObject({
          kind: 'not-found',
          code: 'MLO_NO_SUCH_EXPERIMENT',
        });
      });
    });

    describe('runs', () => {
      test('a new run is RUNNING and carries its tags', async () => {
        const { store, runId } = await withRun({
          tags: [{ key: 't', value: 'v' }],
          startTime: 1_700_000_000_123,
        });
        expect(await store.getRun(runId)).toEqual({
          run: {
            runId,
            experimentId: '0',
            name: 'a run',
            status: 'RUNNING',
            startTime: 1_700_000_000_123,
            endTime: undefined,
            lifecycleStage: 'active',
            heartbeatAt: 1_700_000_000_123,
            exitCode: undefined,
          },
          experimentName: 'Default',
          params: [],
          metrics: [],
          tags: [{ key: 't', value: 'v' }],
          files: [],
        });
      });

      test('an update changes what it names and nothing else', async () => {
        const { store, runId } = await withRun();
        await store.updateRun(runId, { heartbeatAt: 2_000 });
        await store.updateRun(runId, { status: 'FAILED', endTime: 3_000, exitCode: 7, name: 'renamed' });
        expect((await store.getRun(runId))?.run).toMatchObject({
          status: 'FAILED',
          name: 'renamed',
          startTime: 1_000,
          heartbeatAt: 2_000,
          endTime: 3_000,
          exitCode: 7,
        });
      });

      test('a conditional update loses against somebody who was faster', async () => {
        const { store, runId } = await withRun();
        expect(await store.updateRun(runId, { status: 'FINISHED', ifStatus: 'RUNNING' })).toBe(true);
        expect(await store.updateRun(runId, { status: 'KILLED', ifStatus: 'RUNNING' })).toBe(false);
        expect((await store.getRun(runId))?.run.status).toBe('FINISHED');
      });

      test('an unknown run is undefined to get and not-found to change', async () => {
        const store = await open();
        const ghost = newRunId();
        const error = { kind: 'not-found', code: 'MLO_NO_SUCH_RUN' };
        expect(await store.getRun(ghost)).toBeUndefined();
        await expect(store.updateRun(ghost, { name: 'x' })).rejects.toMatchObject(error);
        await expect(store.logBatch(ghost, { params: [{ key: 'a', value: '1' }] })).rejects.toMatchObject(
          error,
        );
        await expect(store.metricHistory(ghost, 'loss')).rejects.toMatchObject(error);
      });

      test('list: newest first, active ones, limited, by status and name', async () => {
        const store = await open();
        const first = await addRun(store, { startTime: 1, name: 'one' });
        const second = await addRun(store, { startTime: 3, name: 'two' });
        const third = await addRun(store, { startTime: 2, name: 'two' });
        await store.updateRun(first, { status: 'FINISHED' });
        const ids = async (query: Parameters<TrackingStore['listRuns']>[0]): Promise<RunId[]> =>
          (await store.listRuns(query)).map((each) => each.run.runId);
        expect(await ids({})).toEqual([second, third, first]);
        expect(await ids({ limit: 2 })).toEqual([second, third]);
        expect(await ids({ status: 'FINISHED' })).toEqual([first]);
        expect(await ids({ name: 'two' })).toEqual([second, third]);
        await store.updateRun(second, { lifecycleStage: 'deleted' });
        expect(await ids({})).toEqual([third, first]);
        expect(await ids({ lifecycleStage: 'deleted' })).toEqual([second]);
        expect(await store.recentRuns(1)).toEqual([{ runId: third, name: 'two' }]);
      });

      test('ordered by a metric: runs without it, or with NaN, come last both ways', async () => {
        const store = await open();
        const values: Record<string, number | undefined> = {
          low: 0.1,
          high: 0.9,
          none: undefined,
          nan: NaN,
          inf: Infinity,
        };
        for (const [each, value] of Object.entries(values)) {
          const runId = await addRun(store, { name: each });
          const metrics = value === undefined ? [] : [{ key: 'auc', value, timestamp: 1, step: 0 }];
          await store.logBatch(runId, { metrics });
        }
        const names = async (direction: 'asc' | 'desc'): Promise<string[]> =>
          (await store.listRuns({ orderBy: { metric: 'auc', direction } })).map((each) => each.run.name);
        expect(await names('desc')).toEqual(['inf', 'high', 'low', 'nan', 'none']);
        expect(await names('asc')).toEqual(['low', 'high', 'inf', 'nan', 'none']);
      });

      test('ids are found by prefix', async () => {
        const store = await open();
        const one = await addRun(store, { runId: `abcd1${'0'.repeat(27)}` as RunId, startTime: 1 });
        const two = await addRun(store, { runId: `abcd2${'f'.repeat(27)}` as RunId, startTime: 2 });
        expect(await store.findRunIds('abcd')).toEqual([two, one]);
        expect(await store.findRunIds('abcd2')).toEqual([two]);
        expect(await store.findRunIds(one)).toEqual([one]);
        expect(await store.findRunIds('abce')).toEqual([]);
        expect(await store.findRunIds('abc')).toEqual([]);
        expect(await store.findRunIds('a%_d')).toEqual([]);
      });
    });

    describe('params', () => {
      test('the same value again is fine, another one is a conflict that names it', async () => {
        const { store, runId } = await withRun();
        await store.logBatch(runId, { params: [{ key: 'lr', value: '0.1' }] });
        await store.logBatch(runId, { params: [{ key: 'lr', value: '0.1' }] });
        const conflict = store.logBatch(runId, { params: [{ key: 'lr', value: '0.2' }] });
        await expect(conflict).rejects.toMatchObject({
          kind: 'conflict',
          code: 'MLO_PARAM_CHANGED',
          message: expect.stringContaining('"lr"'),
          details: { key: 'lr', value: '0.1', newValue: '0.2' },
        });
      });

      test('a batch is all or nothing', async () => {
        const { store, runId } = await withRun();
        await store.logBatch(runId, { params: [{ key: 'lr', value: '0.1' }] });
        const batch = {
          params: [
            { key: 'new', value: '1' },
            { key: 'lr', value: '0.2' },
          ],
          metrics: [{ key: 'loss', value: 1, timestamp: 1, step: 1 }],
          tags: [{ key: 'tag', value: 'x' }],
        };
        await expect(store.logBatch(runId, batch)).rejects.toMatchObject({ kind: 'conflict' });
        expect(await store.getRun(runId)).toMatchObject({
          params: [{ key: 'lr', value: '0.1' }],
          metrics: [],
          tags: [],
        });
        // Names of the undone batch are usable afterwards.
        await store.logBatch(runId, { ...batch, params: [{ key: 'new', value: '2' }] });
        expect((await store.getRun(runId))?.params).toContainEqual({ key: 'new', value: '2' });
      });

      test('default params give way to logged ones, never the other way', async () => {
        const { store, runId } = await withRun();
        const defaults = [
          { key: 'lr', value: '0.1' },
          { key: 'depth', value: '3' },
        ];
        await store.logBatch(runId, { defaultParams: defaults });
        await store.logBatch(runId, { params: [{ key: 'lr', value: '0.5' }] });
        await store.logBatch(runId, { defaultParams: defaults });
        expect((await store.getRun(runId))?.params).toEqual([
          { key: 'depth', value: '3' },
          { key: 'lr', value: '0.5' },
        ]);
        await expect(store.logBatch(runId, { params: [{ key: 'lr', value: '0.6' }] })).rejects.toMatchObject({
          kind: 'conflict',
        });
      });

      test('text of any kind survives', async () => {
        const { store, runId } = await withRun();
        const value = 'a\nb\t"quoted" \'; DROP TABLE runs; -- 模型 🙂';
        await store.logBatch(runId, {
          params: [
            { key: '学习率', value },
            { key: 'empty', value: '' },
          ],
        });
        expect((await store.getRun(runId))?.params).toEqual([
          { key: 'empty', value: '' },
          { key: '学习率', value },
        ]);
      });
    });

    describe('metrics', () => {
      test('history in step order; the last point is the greatest step, then time, then value', async () => {
        const { store, runId } = await withRun();
        const point = (
          step: number,
          timestamp: number,
          value: number,
        ): { key: string; value: number; timestamp: number; step: number } => ({
          key: 'loss',
          value,
          timestamp,
          step,
        });
        await store.logBatch(runId, { metrics: [point(2, 10, 0.2), point(0, 30, 0.9), point(1, 20, 0.5)] });
        await store.logBatch(runId, { metrics: [point(2, 10, 0.3), point(2, 9, 7)] });
        const history = await store.metricHistory(runId, 'loss');
        expect(history.map((each) => [each.step, each.timestamp, each.value])).toEqual([
          [0, 30, 0.9],
          [1, 20, 0.5],
          [2, 9, 7],
          [2, 10, 0.2],
          [2, 10, 0.3],
        ]);
        expect((await store.getRun(runId))?.metrics).toEqual([
          { key: 'loss', value: 0.3, timestamp: 10, step: 2, min: 0.2, max: 7, count: 5 },
        ]);
      });

      test('the same point sent twice counts once', async () => {
        const { store, runId } = await withRun();
        const metrics = [{ key: 'a', value: 0.1 + 0.2, timestamp: 1, step: 1 }];
        await store.logBatch(runId, { metrics });
        await store.logBatch(runId, { metrics: [...metrics, ...metrics] });
        expect(await store.metricHistory(runId, 'a')).toEqual(metrics);
        expect((await store.getRun(runId))?.metrics[0]?.count).toBe(1);
      });

      test('NaN, infinities, negative steps and large numbers come back as they went in', async () => {
        const { store, runId } = await withRun();
        const values = [NaN, Infinity, -Infinity, 1e308, 5e-324, -0.1, 2 ** 53, 0];
        const metrics = values.map((value, i) => ({
          key: 'm',
          value,
          timestamp: 1_700_000_000_000,
          step: i - 3,
        }));
        await store.logBatch(runId, { metrics });
        expect(await store.metricHistory(runId, 'm')).toEqual(metrics);
        expect((await store.getRun(runId))?.metrics[0]).toMatchObject({
          min: -Infinity,
          max: Infinity,
          count: 8,
        });
      });

      test('only NaN: no bounds', async () => {
        const { store, runId } = await withRun();
        await store.logBatch(runId, { metrics: [{ key: 'm', value: NaN, timestamp: 1, step: 0 }] });
        expect((await store.getRun(runId))?.metrics).toEqual([
          { key: 'm', value: NaN, timestamp: 1, step: 0, min: undefined, max: undefined, count: 1 },
        ]);
        await store.logBatch(runId, { metrics: [{ key: 'm', value: -3, timestamp: 1, step: 1 }] });
        expect((await store.getRun(runId))?.metrics[0]).toMatchObject({
          value: -3,
          min: -3,
          max: -3,
          count: 2,
        });
      });

      test('a metric never logged has an empty history', async () => {
        const { store, runId } = await withRun();
        expect(await store.metricHistory(runId, 'nothing')).toEqual([]);
      });
    });

    describe('tags and files', () => {
      test('a tag is replaced', async () => {
        const { store, runId } = await withRun({ tags: [{ key: 'a', value: '1' }] });
        await store.logBatch(runId, { tags: [{ key: 'a', value: '2' }] });
        expect((await store.getRun(runId))?.tags).toEqual([{ key: 'a', value: '2' }]);
      });

      test('files are kept by role and path and found by content', async () => {
        const store = await open();
        const older = await addRun(store, { startTime: 1 });
        const newer = await addRun(store, { startTime: 2 });
        const id: ContentId = contentIdOf('model');
        const file = { role: 'output', path: 'models/a.onnx', kind: 'file', id, size: 5 } as const;
        await store.logBatch(older, { files: [file, { ...file, path: 'copy.onnx' }] });
        await store.logBatch(newer, { files: [file, { ...file, role: 'input', kind: 'dir', size: 9 }] });
        expect(await store.runsWithFile(id, 'output')).toEqual([newer, older]);
        expect(await store.runsWithFile(id, 'input')).toEqual([newer]);
        expect(await store.runsWithFile(contentIdOf('other'), 'output')).toEqual([]);
        expect((await store.getRun(newer))?.files).toEqual([
          { ...file, role: 'input', kind: 'dir', size: 9 },
          file,
        ]);
        const changed = { ...file, id: contentIdOf('model 2'), size: 7 };
        await store.logBatch(older, { files: [changed] });
        expect((await store.getRun(older))?.files).toContainEqual(changed);
        expect((await store.getRun(older))?.files).toHaveLength(2);
      });
    });
  });
}
