import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { absolutePath, joinPath, repoPath } from '#foundation/paths.ts';
import { gitState } from '#adapters/git/git.ts';
import { readOnnxHeader } from '#formats/onnx/model-header.ts';
import type { Project } from '#stores/project.ts';
import { findRunFile } from './find-run-file.ts';
import { modelConfig } from './model-config.ts';
import { checkedModelName } from './model-ref.ts';
import type { ModelSource, RegisterOutcome } from './types.ts';
import { versionView } from './version-view.ts';

export interface RegisterOptions {
  readonly project: Project;
  readonly name: string;
  /** Reference of the run that made the model: `@last`, an id. Without it the workspace file is taken. */
  readonly run?: string | undefined;
  /** Path of the model, as typed, relative to `cwd`; default `models.<name>.path` of mlo.yaml. */
  readonly path?: string | undefined;
  readonly cwd: AbsolutePath;
  readonly description?: string | undefined;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/**
 * Adds a version and moves `candidate` to it. With a run the content is what that run recorded (already in
 * the store), whatever the workspace holds now; without one the workspace file is stored.
 */
export async function registerModel(options: RegisterOptions): Promise<RegisterOutcome> {
  const { project } = options;
  const name = checkedModelName(options.name);
  const path = await modelPath(options);
  const source =
    options.run === undefined
      ? await fromWorkspace(options, path)
      : await findRunFile({ project, run: options.run, paths: candidatePaths(project, path) });
  await refuseGarbage(project, source);
  throwIfAborted(options.signal);
  const registry = await project.registry();
  const version = await registry.registerVersion({
    name,
    id: source.id,
    kind: source.kind,
    size: source.size,
    path: basename(source.path),
    runId: source.runId,
    gitCommit: source.gitCommit,
    description: options.description ?? '',
    createdAt: options.now,
    createdBy: options.by,
  });
  const note =
    source.runId === undefined
      ? `registered from the workspace file ${source.path}: no run is recorded, so no metrics and no data versions`
      : undefined;
  return { model: versionView(version, await registry.listAliases(name)), note };
}

interface TypedPath {
  readonly typed: string;
  readonly absolute: AbsolutePath;
}

async function modelPath(options: RegisterOptions): Promise<TypedPath> {
  if (options.path !== undefined) {
    return { typed: options.path, absolute: absolutePath(options.cwd, options.path) };
  }
  const config = await modelConfig({ project: options.project, name: options.name });
  if (config !== undefined) {
    return { typed: config.path, absolute: joinPath(options.project.paths.root, config.path) };
  }
  throw new MloError('usage', 'MLO_NO_MODEL_PATH', `where is the model "${options.name}"?`, {
    hint: `mlo model register ${options.name} --path model.onnx (or models.${options.name}.path in mlo.yaml)`,
  });
}

/** Artifacts are named below the run's artifacts, outputs from the project root: both readings are tried. */
function candidatePaths(project: Project, path: TypedPath): readonly string[] {
  const typed = path.typed.replace(/^\.\//, '');
  try {
    return [...new Set([repoPath(project.paths.root, path.absolute), typed])];
  } catch {
    return [typed];
  }
}

async function fromWorkspace(options: RegisterOptions, path: TypedPath): Promise<ModelSource> {
  const { project, signal, report } = options;
  const store = await project.store();
  let kind: ModelSource['kind'];
  try {
    kind = (await stat(path.absolute)).isDirectory() ? 'dir' : 'file';
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fromSystemError(error, path.absolute);
    throw new MloError('not-found', 'MLO_NO_FILE', `no file ${path.typed}`, { cause: error });
  }
  const stored =
    kind === 'dir'
      ? await store.putTree(path.absolute, { signal, report })
      : await store.putFile(path.absolute, { signal, report });
  const git = await gitState(project.paths.root);
  return {
    id: stored.id,
    kind,
    size: stored.size,
    path: path.typed,
    runId: undefined,
    gitCommit: git?.commit,
  };
}

/** A file that calls itself ONNX and is not is refused now, not when somebody wants to serve it. */
async function refuseGarbage(project: Project, source: ModelSource): Promise<void> {
  if (source.kind !== 'file' || !source.path.toLowerCase().endsWith('.onnx')) return;
  const store = await project.store();
  readOnnxHeader(await store.readBytes(source.id), source.path);
}
