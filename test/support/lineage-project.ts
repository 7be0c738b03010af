import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath, ContentId, RunId } from '#foundation/brands.ts';
import { silent } from '#foundation/events.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { checkedRepoPath, joinPath } from '#foundation/paths.ts';
import { writeLock } from '#formats/mlo-lock.ts';
import { addPaths } from '#features/data/index.ts';
import { promoteModel, registerModel } from '#features/models/index.ts';
import { packageModel } from '#features/packaging/index.ts';
import { startRun } from '#features/runs/index.ts';
import { loadPredictor, openPredictionLog, type PredictionLog } from '#features/serving/index.ts';
import { loadSqlite } from '#stores/database/sqlite-driver.ts';
import type { Project } from '#stores/project.ts';
import { onTestFinished } from 'vitest';
import { onnxModel } from './onnx-model.ts';
import { testProject, type TestProject } from './project.ts';

export const PREDICTION_ID = `pred_${Date.UTC(2026, 0, 2).toString(16).padStart(12, '0')}${'7'.repeat(20)}`;

export interface LineageProject extends TestProject {
  readonly project: Project;
  readonly commit: string;
  readonly runId: RunId;
  readonly digest: ContentId;
  readonly modelId: ContentId;
  readonly dataId: ContentId;
  readonly featuresId: ContentId;
}

/** y = 2x: a model both engines run. */
export function doublingModel(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 1] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 1] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'two'], outputs: ['y'] }],
    initializers: [{ name: 'two', shape: [1], data: [2] }],
  });
}

export interface LineageOptions {
  /** Leave a changed tracked file in the work tree when the run begins. */
  readonly dirty?: boolean;
  /** The prediction lies in a Parquet segment instead of an open journal. */
  readonly sealed?: boolean;
  /** Change what is committed before the run begins. */
  readonly beforeCommit?: (project: TestProject) => Promise<void>;
}

/**
 * One dataset with a pointer, features recorded in mlo.lock, a script in Git, a run that read the three and made a
 * model, which is registered, promoted to prod, packaged and has answered one logged prediction.
 */
export async function lineageProject(options: LineageOptions = {}): Promise<LineageProject> {
  const files = await testProject();
  const project = files.open();
  await files.write('data/flights.csv', 'x,y\n1,2\n');
  await files.write('train.js', 'console.log("training")\n');
  const added = await addPaths({ project, cwd: files.dir, paths: ['data/flights.csv'] });
  const dataId = added.items[0]!.id;
  await files.write('features/train.csv', 'x\n1\n');
  const store = await project.store();
  const features = await store.putFile(joinPath(files.dir, 'features/train.csv'));
  await files.write('features/.gitignore', '/train.csv\n');
  await files.write('mlo.lock', lockText(features.id));
  await options.beforeCommit?.(files);
  files.git('add', '--all');
  files.git('commit', '--quiet', '--message', 'data and code');
  const commit = files.git('rev-parse', 'HEAD');
  if (options.dirty === true) await files.write('train.js', 'console.log("changed")\n');

  const model = await store.putBytes(doublingModel());
  const script = await readFile(join(files.dir, 'train.js'));
  await using run = await startRun({ project, name: 'train-late' });
  await run.logParams({ rate: 0.1, trees: 20 });
  await run.logMetrics([{ key: 'auc', value: 0.75 }]);
  await run.addFiles([
    { role: 'input', path: 'data/flights.csv', kind: 'file', id: dataId, size: 8 },
    { role: 'input', path: 'features/train.csv', kind: 'file', id: features.id, size: features.size },
    { role: 'input', path: 'train.js', kind: 'file', id: contentIdOf(script), size: script.length },
    { role: 'output', path: 'models/late.onnx', kind: 'file', id: model.id, size: model.size },
  ]);
  await run.finish('FINISHED', 0);

  const said = { by: 'Test <test@example.org>', now: Date.UTC(2026, 0, 1) };
  await registerModel({
    ...said,
    project,
    name: 'late',
    run: run.runId,
    path: 'models/late.onnx',
    cwd: files.dir,
  });
  await promoteModel({ ...said, project, ref: 'late@candidate', to: 'prod', reason: 'test' });
  const packaged = await packageModel({ ...said, project, ref: 'late@prod', engine: 'auto' });
  const log = await predictOnce(project);
  if (options.sealed === true) await log.close();
  else onTestFinished(() => log.close());
  return {
    ...files,
    project,
    commit,
    runId: run.runId,
    digest: packaged.digest,
    modelId: model.id,
    dataId,
    featuresId: features.id,
  };
}

async function predictOnce(project: Project): Promise<PredictionLog> {
  const predictor = await loadPredictor({
    source: { kind: 'ref', project, ref: 'late@prod' },
    engine: 'auto',
    nativeDir: project.nativeDir,
  });
  const log = await openPredictionLog({
    dir: predictionsDir(project),
    model: predictor.model,
    signature: predictor.signature,
    report: silent,
  });
  try {
    const { answer } = predictor.submit((sink) => {
      const slot = sink.reserve(1);
      const input = slot.inputs.get('x');
      if (input !== undefined) input.data[slot.offset] = 21;
      return {};
    });
    log.record(PREDICTION_ID, Date.UTC(2026, 0, 2), await answer);
    await log.flush();
  } finally {
    await predictor.close();
  }
  return log;
}

/** Changes rows behind the back of the stores. */
export function alterRows(project: Project, sql: string): void {
  const database = loadSqlite(project.nativeDir).open(project.paths.databaseFile);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

export function predictionsDir(project: Project): AbsolutePath {
  return joinPath(project.paths.predictionsDir, 'late');
}

/** Puts other text into every file below a folder that holds the old one. */
export async function replaceInFiles(dir: string, old: string, fresh: string): Promise<number> {
  let changed = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path, 'latin1');
    if (!bytes.includes(old)) continue;
    // Packs are read-only.
    await chmod(path, 0o644);
    await writeFile(path, bytes.replaceAll(old, fresh), 'latin1');
    changed += 1;
  }
  return changed;
}

export function lockText(features: ContentId): string {
  return writeLock({
    stages: {
      prepare: {
        definition: contentIdOf('definition'),
        cmd: ['node prepare.js'],
        wdir: '',
        env: {},
        deps: [],
        params: {},
        outs: [
          {
            path: checkedRepoPath('features/train.csv', 'test'),
            kind: 'file',
            id: features,
            size: 4,
            nfiles: 1,
            cache: true,
            persist: false,
          },
        ],
      },
    },
  });
}
