import { describe, expect, it } from 'vitest';
import {
  listModels,
  promoteModel,
  registerModel,
  resolveModelRef,
  showModel,
} from '#features/models/index.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { BY, modelProject, NOW, recordRun, registerFromRun } from '../../../support/registered-model.ts';
import { lateModel } from '../../../support/sample-models.ts';

describe('registerModel', () => {
  it('takes what the run recorded, not what the workspace holds now', async () => {
    const { project, dir, write } = await modelProject();
    const recorded = lateModel(0.25);
    const { runId, modelId } = await recordRun(project, { model: recorded, metrics: { auc: 0.7 } });
    await write('models/late.onnx', lateModel(9));
    const { model, note } = await registerFromRun(project, runId, dir);
    expect(model).toMatchObject({
      ref: 'late/1',
      id: modelId,
      runId,
      gitCommit: 'c'.repeat(40),
      aliases: ['candidate'],
    });
    expect(model.id).toBe(contentIdOf(recorded));
    expect(note).toBeUndefined();
    const second = await registerFromRun(project, '@last', dir);
    expect(second.model).toMatchObject({ ref: 'late/2', aliases: ['candidate'] });
    expect((await resolveModelRef({ project, ref: 'late@candidate' })).version.version).toBe(2);
    expect((await resolveModelRef({ project, ref: 'late' })).version.version).toBe(2);
    expect((await resolveModelRef({ project, ref: 'late/1' })).version.id).toBe(modelId);
  });

  it('takes the workspace file without a run, and says that nothing stands behind it', async () => {
    const { project, dir, git } = await modelProject();
    const { model, note } = await registerModel({ project, name: 'late', cwd: dir, by: BY, now: NOW });
    expect(model).toMatchObject({
      id: contentIdOf(lateModel()),
      runId: undefined,
      gitCommit: git('rev-parse', 'HEAD'),
    });
    expect(note).toMatch(/no run is recorded/);
    expect(await (await project.store()).has(contentIdOf(lateModel()))).toBe(true);
  });

  it('names what is wrong', async () => {
    const { project, dir, write } = await modelProject();
    const { runId } = await recordRun(project, { model: lateModel(), metrics: {} });
    const base = { project, cwd: dir, by: BY, now: NOW };
    await expect(
      registerModel({ ...base, name: 'late', run: runId, path: 'nope.onnx' }),
    ).rejects.toMatchObject({
      code: 'MLO_NO_RUN_FILE',
      hint: expect.stringContaining('models/late.onnx'),
    });
    await expect(registerModel({ ...base, name: 'a/b' })).rejects.toMatchObject({
      code: 'MLO_BAD_MODEL_NAME',
    });
    await expect(registerModel({ ...base, name: 'other' })).rejects.toMatchObject({
      code: 'MLO_NO_MODEL_PATH',
    });
    await expect(registerModel({ ...base, name: 'late', path: 'gone.onnx' })).rejects.toMatchObject({
      code: 'MLO_NO_FILE',
    });
    await write('bad.onnx', lateModel().subarray(0, 100));
    await expect(registerModel({ ...base, name: 'late', path: 'bad.onnx' })).rejects.toMatchObject({
      code: 'MLO_BAD_ONNX',
    });
    await expect(resolveModelRef({ project, ref: 'late@prod' })).rejects.toMatchObject({
      code: 'MLO_NO_MODEL',
      kind: 'not-found',
    });
    await expect(resolveModelRef({ project, ref: 'late@a@b' })).rejects.toMatchObject({
      code: 'MLO_BAD_MODEL_REF',
    });
  });
});

describe('promoteModel', () => {
  it('moves the alias through the gates, refuses a worse version, and keeps both in the history', async () => {
    const { project, dir } = await modelProject();
    const promote = (ref: string, force = false) =>
      promoteModel({ project, ref, to: 'prod', reason: 'because', by: BY, force, now: NOW });
    for (const auc of [0.7, 0.65, 0.5]) {
      const { runId } = await recordRun(project, { model: lateModel(auc), metrics: { auc } });
      await registerFromRun(project, runId, dir);
    }
    expect(await promote('late/1')).toMatchObject({
      promoted: true,
      previousVersion: undefined,
      gates: [
        { rule: 'auc >= 0.6', passed: true, actual: 0.7, needed: 0.6 },
        { passed: true, note: 'no other version holds the alias' },
      ],
    });
    expect(await promote('late/2')).toMatchObject({
      promoted: false,
      gates: [
        { passed: true },
        { rule: 'auc >= champion (late/1)', passed: false, actual: 0.65, needed: 0.7 },
      ],
    });
    expect((await resolveModelRef({ project, ref: 'late@prod' })).version.version).toBe(1);
    expect(await promote('late/3')).toMatchObject({
      promoted: false,
      gates: [{ passed: false, actual: 0.5 }, { passed: false }],
    });
    expect(await promote('late/2', true)).toMatchObject({ promoted: true, forced: true, previousVersion: 1 });
    expect(await promote('late@prod')).toMatchObject({ promoted: true, unchanged: true });
    const details = await showModel({ project, ref: 'late@prod' });
    expect(details.selected).toMatchObject({ ref: 'late/2', aliases: ['prod'] });
    expect(details.metrics).toEqual([{ key: 'auc', value: 0.65 }]);
    expect(details.lineage.inputs.map((input) => input.path)).toEqual(['data/train.csv']);
    expect(details.events.map(({ type, version }) => `${type} ${version}`)).toEqual([
      'registered 1',
      'registered 2',
      'registered 3',
      'alias-set 1',
      'gate-refused 2',
      'gate-refused 3',
      'alias-set 2',
    ]);
    expect(await listModels({ project })).toMatchObject([
      {
        name: 'late',
        versions: 3,
        latest: 3,
        aliases: [
          { alias: 'candidate', version: 3 },
          { alias: 'prod', version: 2 },
        ],
      },
    ]);
  });

  it('refuses a version whose metric is missing', async () => {
    const { project, dir } = await modelProject();
    await registerModel({ project, name: 'late', cwd: dir, by: BY, now: NOW });
    const outcome = await promoteModel({ project, ref: 'late', to: 'prod', reason: '', by: BY, now: NOW });
    expect(outcome).toMatchObject({
      promoted: false,
      gates: [{ passed: false, note: 'late/1 has no run, so no metrics' }, { passed: false }],
    });
    expect(
      await promoteModel({ project, ref: 'late', to: 'staging', reason: '', by: BY, now: NOW }),
    ).toMatchObject({ promoted: true, gates: [] });
  });
});
