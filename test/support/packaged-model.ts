import type { AbsolutePath } from '#foundation/brands.ts';
import { packageModel } from '#features/packaging/index.ts';
import { loadPredictor, type Predictor } from '#features/serving/index.ts';
import { registerModel } from '#features/models/index.ts';
import type { Project } from '#stores/project.ts';
import { BY, modelProject, NOW, recordRun, registerFromRun } from './registered-model.ts';
import { lateModel } from './sample-models.ts';

export interface PackagedModel {
  readonly dir: AbsolutePath;
  readonly project: Project;
  readonly digest: string;
  load(limits?: Parameters<typeof loadPredictor>[0]['limits']): Promise<Predictor>;
}

/** late/1, from a run, packaged. */
export async function packagedLate(): Promise<PackagedModel> {
  const { project, dir } = await modelProject();
  const { runId } = await recordRun(project, { model: lateModel(), metrics: { auc: 0.7 } });
  await registerFromRun(project, runId, dir);
  return await packaged(project, dir, 'late');
}

/** Any other model, from a bare file. */
export async function packagedModel(bytes: Uint8Array): Promise<PackagedModel> {
  const made = await modelProject('models:\n  m:\n    path: m.onnx\n');
  await made.write('m.onnx', bytes);
  await registerModel({ project: made.project, name: 'm', cwd: made.dir, by: BY, now: NOW });
  return await packaged(made.project, made.dir, 'm');
}

async function packaged(project: Project, dir: AbsolutePath, ref: string): Promise<PackagedModel> {
  const { digest } = await packageModel({ project, ref, engine: 'auto', by: BY, now: NOW });
  return {
    dir,
    project,
    digest,
    load: (limits) =>
      loadPredictor({
        source: { kind: 'ref', project, ref },
        engine: 'auto',
        nativeDir: undefined,
        ...(limits === undefined ? {} : { limits }),
      }),
  };
}
