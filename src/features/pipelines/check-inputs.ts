import { posix } from 'node:path';
import { lstat } from 'node:fs/promises';
import type { RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import type { Contents } from './stage-changes.ts';
import type { Pipeline, PipelineContext, Stage } from './types.ts';

/** Throws `not-found` naming a dependency that is not there, with the way to get it. */
export async function requireDeps(
  context: PipelineContext,
  stage: Stage,
  pipeline: Pipeline,
  contents: Contents,
): Promise<void> {
  const index = stage.deps.findIndex((path) => contents.get(path) === undefined);
  const dep = stage.deps[index];
  if (dep === undefined) return;
  const where = pipeline.file.where(pipeline.file.stages[stage.name]?.deps[index]?.at ?? []);
  const maker = pipeline.stages.find(({ outs }) => outs.some((out) => touches(out.path, dep)));
  const tracked = await trackedBy(context, dep);
  const why =
    maker === undefined ? ' and no stage makes it' : `; stage "${maker.name}" makes it and has not run`;
  throw new MloError(
    'not-found',
    'MLO_DEP_MISSING',
    `${where}: stage "${stage.name}": the dependency "${dep}" does not exist${why}`,
    { hint: hintFor(stage, maker, tracked), details: { stage: stage.name, path: dep } },
  );
}

/** Refuses an output that a pointer file tracks as well: two owners would undo each other's work. */
export async function refuseTrackedOutputs(
  context: PipelineContext,
  stage: Stage,
  pipeline: Pipeline,
): Promise<void> {
  for (const [index, { path }] of stage.outs.entries()) {
    const tracked = await trackedBy(context, path);
    if (tracked === undefined) continue;
    const where = pipeline.file.where(pipeline.file.stages[stage.name]?.outs[index]?.at ?? []);
    throw new MloError(
      'config',
      'MLO_OUT_TRACKED',
      `${where}: stage "${stage.name}": the output "${path}" is tracked by ${tracked}.mlo as well`,
      { hint: ['git rm ', { path: `${tracked}.mlo` }, ', if the stage is to make it'] },
    );
  }
}

function hintFor(stage: Stage, maker: Stage | undefined, tracked: RepoPath | undefined): string {
  if (maker !== undefined) return `mlo repro ${maker.name}`;
  if (tracked !== undefined) return `mlo pull ${tracked}`;
  return `create it, or take it out of the deps of "${stage.name}"`;
}

/** The path, or the folder above it, that a pointer file stands for. */
async function trackedBy(context: PipelineContext, path: RepoPath): Promise<RepoPath | undefined> {
  for (let at: string = path; at !== '.'; at = posix.dirname(at)) {
    const pointer = joinPath(context.project.paths.root, `${at}.mlo`);
    const found = await lstat(pointer).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (found) return at as RepoPath;
  }
  return undefined;
}

function touches(out: string, dep: string): boolean {
  return out === dep || dep.startsWith(`${out}/`) || out.startsWith(`${dep}/`);
}
