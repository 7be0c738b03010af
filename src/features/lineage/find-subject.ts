import { resolveRevision } from '#adapters/git/git.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { isMloError, MloError } from '#foundation/errors.ts';
import { isContentId } from '#foundation/hash.ts';
import { absolutePath, repoPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import { readLock } from '#formats/mlo-lock.ts';
import { readPointers } from '#features/data/index.ts';
import { resolveModelRef } from '#features/models/index.ts';
import { resolveRun } from '#features/runs/index.ts';
import { findPrediction, type LoggedPrediction } from '#features/serving/index.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import { versionsOfContent } from './walk-forward.ts';
import type { TracedData } from './walk-data.ts';
import type { Walk } from './walk.ts';

/** What a text on the command line stands for. */
export type Subject =
  | { readonly kind: 'prediction'; readonly prediction: LoggedPrediction }
  | { readonly kind: 'package'; readonly digest: ContentId }
  | { readonly kind: 'model'; readonly version: ModelVersion }
  | { readonly kind: 'run'; readonly run: RunRecord }
  | { readonly kind: 'data'; readonly data: TracedData };

/**
 * A digest, a prediction id, a model reference, a path (of data, with `@revision`), or a run, tried in this order.
 * Throws `not-found` MLO_NO_SUBJECT.
 */
export async function findSubject(walk: Walk, text: string, cwd: AbsolutePath): Promise<Subject> {
  if (isContentId(text)) return digestSubject(walk, text);
  const prediction = await findPrediction({ project: walk.project, id: text });
  if (prediction !== undefined) return { kind: 'prediction', prediction };
  const found =
    (await modelSubject(walk, text)) ??
    (await dataSubject(walk, text, cwd)) ??
    (await runSubject(walk, text));
  if (found !== undefined) return found;
  throw new MloError(
    'not-found',
    'MLO_NO_SUBJECT',
    `"${text}" is no prediction, package, model, versioned path or run of this project`,
    {
      hint: 'name an X-Mlo-Prediction-Id, late@prod, data/x.parquet, data/x.parquet@HEAD~1, @last or sha256:…',
    },
  );
}

async function digestSubject(walk: Walk, id: ContentId): Promise<Subject> {
  if ((await walk.registry.getPackage(id)) !== undefined) return { kind: 'package', digest: id };
  const [version] = await versionsOfContent(walk, id);
  if (version !== undefined) return { kind: 'model', version };
  for (const role of ['output', 'artifact', 'input'] as const) {
    const [runId] = await walk.tracking.runsWithFile(id, role);
    const run = runId === undefined ? undefined : await walk.tracking.getRun(runId);
    const file = run?.files.find((candidate) => candidate.id === id);
    if (file === undefined || run === undefined) continue;
    const where = `the record of run ${run.run.runId.slice(0, 8)}`;
    const { path, kind, size } = file;
    return { kind: 'data', data: { path, kind, id, size, where, commit: undefined } };
  }
  throw new MloError('not-found', 'MLO_NO_SUBJECT', `no package, model or run knows the content ${id}`);
}

/** Only when the registry has a model of that name: `data/3` may as well be a path. */
async function modelSubject(walk: Walk, text: string): Promise<Subject | undefined> {
  const name = text.split(/[@/]/, 1)[0] ?? '';
  const models = await walk.registry.listModels();
  if (!models.some((model) => model.name === name)) return undefined;
  try {
    return { kind: 'model', version: (await resolveModelRef({ project: walk.project, ref: text })).version };
  } catch (error) {
    if (isMloError(error) && error.code === 'MLO_BAD_MODEL_REF') return undefined;
    throw error;
  }
}

async function runSubject(walk: Walk, text: string): Promise<Subject | undefined> {
  try {
    return { kind: 'run', run: await resolveRun({ project: walk.project, ref: text }) };
  } catch (error) {
    // "@last" without any run, or an ambiguous prefix, is worth its own message.
    if (isMloError(error) && error.kind === 'not-found' && !text.startsWith('@')) return undefined;
    throw error;
  }
}

async function dataSubject(walk: Walk, text: string, cwd: AbsolutePath): Promise<Subject | undefined> {
  const revision = /^(.+)@([^@]+)$/.exec(text);
  const data =
    (await dataInWorkTree(walk, pathIn(walk, text, cwd))) ??
    (revision === null
      ? undefined
      : await dataAtRevision(walk, pathIn(walk, revision[1] ?? '', cwd), revision[2] ?? ''));
  return data === undefined ? undefined : { kind: 'data', data };
}

function pathIn(walk: Walk, text: string, cwd: AbsolutePath): string | undefined {
  try {
    return repoPath(walk.project.paths.root, absolutePath(cwd, text));
  } catch {
    return undefined;
  }
}

async function dataInWorkTree(walk: Walk, path: string | undefined): Promise<TracedData | undefined> {
  if (path === undefined) return undefined;
  const pointers = await readPointers({ project: walk.project });
  const pointer = pointers.find((candidate) => candidate.path === path);
  if (pointer !== undefined) {
    const { kind, id, size, pointerPath } = pointer;
    return { path, kind, id, size, where: pointerPath, commit: undefined };
  }
  const lock = readLock(await lockText(walk), 'mlo.lock');
  const outs = Object.values(lock.stages).flatMap((stage) => stage.outs);
  const out = outs.find((candidate) => candidate.path === path);
  if (out !== undefined) {
    return { path, kind: out.kind, id: out.id, size: out.size, where: 'mlo.lock', commit: undefined };
  }
  const folder = pointers.find(
    (candidate) => candidate.kind === 'dir' && path.startsWith(`${candidate.path}/`),
  );
  return folder === undefined
    ? undefined
    : fileInFolder(walk, path, { ...folder, where: folder.pointerPath, commit: undefined });
}

async function dataAtRevision(
  walk: Walk,
  path: string | undefined,
  revision: string,
): Promise<TracedData | undefined> {
  if (path === undefined) return undefined;
  const hash = await resolveRevision(walk.project.paths.root, revision);
  const record = await (await walk.commit(hash))?.find(path);
  if (record === undefined || record.source === 'git') return undefined;
  if (record.path !== path) return fileInFolder(walk, path, { ...record, commit: hash });
  return { path, kind: record.kind, id: record.id, size: record.size, where: record.where, commit: hash };
}

/** A file of a versioned folder, out of the folder's list. */
async function fileInFolder(
  walk: Walk,
  path: string,
  folder: Pick<TracedData, 'path' | 'id' | 'where' | 'commit'>,
): Promise<TracedData | undefined> {
  const inner = path.slice(folder.path.length + 1);
  for await (const entry of walk.store.listTree(folder.id)) {
    if (entry.path !== inner) continue;
    return { path, kind: 'file', id: entry.id, size: entry.size, where: folder.where, commit: folder.commit };
  }
  return undefined;
}

async function lockText(walk: Walk): Promise<string> {
  return (await readTextIfThere(walk.project.paths.lockFile)) ?? '';
}
