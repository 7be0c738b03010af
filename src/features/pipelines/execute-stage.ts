import { throwIfAborted } from '#foundation/abort.ts';
import { isMloError, messageOf } from '#foundation/errors.ts';
import { restorePath } from '#features/data/index.ts';
import type { LockedOut } from '#formats/mlo-lock.ts';
import { StageJournal } from '#stores/stage-journal/stage-journal.ts';
import { requireDeps, refuseTrackedOutputs } from './check-inputs.ts';
import { ignoreOutputs } from './ignore-outputs.ts';
import { lockedStage, storeOutputs } from './record-outputs.ts';
import { STAGE_TOKEN } from './recover-stages.ts';
import { runCommands } from './run-commands.ts';
import { allStored, findCachedRun, isCacheable, runCacheKey, saveCachedRun } from './run-cache.ts';
import { stageNow, type Session } from './session.ts';
import { inputChanges, type Contents } from './stage-changes.ts';
import type { Stage } from './types.ts';

/**
 * Brings a changed stage up to date: by an earlier result for the same inputs, else by its command. The caller
 * holds its locks. When this throws, outputs and mlo.lock are as before.
 */
export async function executeStage(session: Session, stage: Stage): Promise<'ran' | 'restored'> {
  const { context, options, pipeline } = session;
  await requireDeps(context, stage, pipeline, session.contents.map);
  await refuseTrackedOutputs(context, stage, pipeline);
  if (options.force !== true && options.noRunCache !== true) {
    const earlier = await earlierResult(session, stage);
    if (earlier !== undefined && (await restoreOutputs(session, stage, earlier))) return 'restored';
  }
  await runStage(session, stage);
  return 'ran';
}

/** Outputs for exactly these inputs, of mlo.lock or of the run cache, when all their bytes are here. */
async function earlierResult(session: Session, stage: Stage): Promise<readonly LockedOut[] | undefined> {
  if (!isCacheable(stage)) return undefined;
  const { project } = session.context;
  const now = stageNow(session, stage);
  const locked = session.lock.get(stage.name);
  if (
    locked !== undefined &&
    inputChanges(now, locked).length === 0 &&
    (await allStored(project, locked.outs))
  )
    return locked.outs;
  const key = runCacheKey(now);
  return key === undefined ? undefined : findCachedRun(project, key);
}

/** False when the bytes turn out to be damaged: then the command has to run. */
async function restoreOutputs(session: Session, stage: Stage, outs: readonly LockedOut[]): Promise<boolean> {
  const { project, signal, report } = session.context;
  const current = session.contents.map;
  for (const { path, kind, id } of outs) {
    if (current.get(path)?.id === id) continue;
    throwIfAborted(signal);
    try {
      await restorePath({ project, signal, report, path, kind, id, force: true });
    } catch (error) {
      if (!isMloError(error) || (error.kind !== 'integrity' && error.kind !== 'not-found')) throw error;
      report?.({
        type: 'warning',
        code: error.code,
        message: `${stage.name}: the earlier result cannot be used: ${messageOf(error)}`,
        hint: 'the command is run instead',
      });
      return false;
    }
  }
  const now = stageNow(session, stage);
  await ignoreOutputs(project, cachedPaths(outs));
  await session.lock.record(stage.name, lockedStage(now, outs, now.contents), stageNames(session));
  return true;
}

async function runStage(session: Session, stage: Stage): Promise<void> {
  const { context, options } = session;
  const recording = await session.recorder.environment();
  const journal = await StageJournal.begin(context.project.paths, stage.name, stage.outs);
  try {
    await runCommands({
      ...context,
      stage,
      prefixed: session.jobs > 1,
      env: {
        ...options.env,
        ...recording,
        MLO_ROOT: context.project.paths.root,
        MLO_STAGE: stage.name,
        [STAGE_TOKEN]: journal.token,
      },
    });
    await keepResult(session, stage, journal);
  } catch (error) {
    // Once the result is in the journal it is kept: the next command completes what failed here.
    if (!journal.ended) await journal.rollBack();
    throw error;
  }
}

async function keepResult(session: Session, stage: Stage, journal: StageJournal): Promise<void> {
  const { context } = session;
  const outs = await storeOutputs(context, stage);
  const now = stageNow(session, stage);
  const sure = await surelyRead(session, stage, now.contents);
  const result = lockedStage(now, outs, sure);
  await ignoreOutputs(context.project, cachedPaths(outs));
  await journal.end(result);
  await session.lock.record(stage.name, result, stageNames(session));
  await journal.finish();
  const key = runCacheKey({ ...now, contents: sure });
  if (key !== undefined) await saveCachedRun(context.project, key, { stage: stage.name, outs });
}

/**
 * The dependencies as the command has read them: those that are the same after it as before. One that changed
 * meanwhile may have been read in either state.
 */
async function surelyRead(session: Session, stage: Stage, before: Contents): Promise<Contents> {
  const read = new Map(stage.deps.map((path) => [path, before.get(path)]));
  await session.contents.refreshPaths([...read.keys()]);
  for (const [path, content] of read) {
    if (session.contents.map.get(path)?.id === content?.id) continue;
    read.set(path, undefined);
    session.context.report?.({
      type: 'warning',
      code: 'MLO_DEP_CHANGED',
      message: `${stage.name}: ${path} changed while the command ran, which may have read either version`,
      hint: 'the next mlo repro runs the stage again',
    });
  }
  return read;
}

function cachedPaths(outs: readonly LockedOut[]): LockedOut['path'][] {
  return outs.filter((out) => out.cache).map((out) => out.path);
}

function stageNames(session: Session): ReadonlySet<string> {
  return new Set(Object.keys(session.file.stages));
}
