import type { AbsolutePath, ContentId, RunId } from '#foundation/brands.ts';
import { newRunId } from '#foundation/hash.ts';
import { registerModel } from '#features/models/index.ts';
import type { Project } from '#stores/project.ts';
import { testProject, type TestProject } from './project.ts';
import { lateModel } from './sample-models.ts';

export const BY = 'Test <test@example.org>';
/** 2026-01-02T03:04:05Z */
export const NOW = 1_767_323_045_000;

export const MODEL_YAML = `models:
  late:
    path: models/late.onnx
    example: models/example.json
    reference: data/train.csv
    gates:
      prod:
        - {metric: auc, min: 0.6}
        - {metric: auc, versus: champion, margin: 0.0}
`;

export const EXAMPLE = { inputs: { hour: [18, 6], distance: [500, 1000], origin: ['ORD', 'ZZZ'] } };

/** 120 flights, deterministic. */
export function trainCsv(): string {
  const origins = ['ORD', 'JFK', 'SFO', 'ATL'];
  const lines = Array.from(
    { length: 120 },
    (_, at) => `${at % 24},${200 + ((at * 37) % 900)}.5,${origins[at % 4]},${at % 3 === 0 ? 1 : 0}`,
  );
  return `hour,distance,origin,late\n${lines.join('\n')}\n`;
}

/** A project with a committed mlo.yaml, model, example and reference data. */
export async function modelProject(yaml = MODEL_YAML): Promise<TestProject & { readonly project: Project }> {
  const made = await testProject();
  await made.write('mlo.yaml', yaml);
  await made.write('models/late.onnx', lateModel());
  await made.write('models/example.json', JSON.stringify(EXAMPLE));
  await made.write('data/train.csv', trainCsv());
  await made.write('.gitignore', '/models\n/data\n');
  made.git('add', '.');
  made.git('commit', '--quiet', '-m', 'start');
  return { ...made, project: made.open() };
}

/** Records a run that made the model and read the data, as `mlo repro` does. */
export async function recordRun(
  project: Project,
  options: {
    readonly model: Uint8Array;
    readonly metrics: Readonly<Record<string, number>>;
    readonly data?: string;
  },
): Promise<{ readonly runId: RunId; readonly modelId: ContentId }> {
  const store = await project.store();
  const tracking = await project.tracking();
  const model = await store.putBytes(options.model);
  const data = await store.putBytes(new TextEncoder().encode(options.data ?? trainCsv()));
  const runId = newRunId();
  const { experimentId } = await tracking.experimentByName('Default');
  await tracking.createRun({ runId, experimentId, name: `run-${runId.slice(0, 4)}`, startTime: NOW });
  await tracking.logBatch(runId, {
    params: [{ key: 'trees', value: '60' }],
    metrics: Object.entries(options.metrics).map(([key, value]) => ({ key, value, timestamp: NOW, step: 0 })),
    tags: [
      { key: 'mlflow.source.git.commit', value: 'c'.repeat(40) },
      { key: 'mlo.cwd', value: '/home/somebody/project' },
    ],
    files: [
      { role: 'input', path: 'data/train.csv', kind: 'file', id: data.id, size: data.size },
      { role: 'output', path: 'models/late.onnx', kind: 'file', id: model.id, size: model.size },
    ],
  });
  await tracking.updateRun(runId, { status: 'FINISHED', endTime: NOW + 1000 });
  return { runId, modelId: model.id };
}

export async function registerFromRun(project: Project, run: string, cwd: AbsolutePath) {
  return await registerModel({ project, name: 'late', run, cwd, by: BY, now: NOW });
}
