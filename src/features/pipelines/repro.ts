import { throwIfAborted } from '#foundation/abort.ts';
import { isMloError, messageOf, MloError } from '#foundation/errors.ts';
import type { LockedStage } from '#formats/mlo-lock.ts';
import { StageContents } from './contents.ts';
import { dryRun } from './dry-run.ts';
import { loadPipeline } from './load-pipeline.ts';
import { LockWriter } from './lock-writer.ts';
import { overriddenParams, writeParams } from './override-params.ts';
import { recoverStages } from './recover-stages.ts';
import { reproStage } from './repro-stage.ts';
import { RunRecorder } from './run-recorder.ts';
import { schedule } from './schedule.ts';
import { selectStages } from './select-stages.ts';
import type { Session } from './session.ts';
import { reason } from './stage-changes.ts';
import type { PipelineContext, ReproOptions, ReproReport, Stage, StageResult } from './types.ts';

/**
 * Brings the pipeline up to date: runs or restores the stages that are changed, in the order of their
 * dependencies, and records that as one run.
 *
 * Throws `child` (MLO_STAGE_FAILED, MLO_OUT_MISSING) when a command fails, with the results so far in
 * `details.stages`; with `keepGoing` failures are results. Outputs of a stage that did not end well are as
 * before it, and so is its section of mlo.lock.
 */
export async function repro(options: ReproOptions): Promise<ReproReport> {
  const { project, signal, report } = options;
  const context: PipelineContext = { project, signal, report };
  throwIfAborted(signal);
  if (options.dry !== true) await recoverStages(context);
  const replaced = await overriddenParams(project, options.params ?? []);
  const pipeline = await loadPipeline({ project, replaced });
  if (pipeline.stages.length === 0) throw noStages();
  const session: Session = {
    context,
    options,
    pipeline,
    file: pipeline.file,
    selected: selectStages(pipeline, options),
    lock: new LockWriter(context),
    contents: new StageContents(context),
    recorder: new RunRecorder(context, options),
    jobs: Math.max(1, options.jobs ?? 1),
    results: new Map(),
    failures: [],
  };
  await session.lock.refresh();
  if (options.dry === true) return dryRun(session);
  await writeParams(project, replaced);
  await session.contents.refresh(session.selected);
  return runSession(session);
}

async function runSession(session: Session): Promise<ReproReport> {
  const { options, pipeline, selected, results } = session;
  let problem: unknown;
  try {
    const unstarted = await schedule({
      names: selected.map((stage) => stage.name),
      graph: pipeline.graph,
      jobs: session.jobs,
      keepGoing: options.keepGoing === true,
      signal: options.signal,
      work: async (name) => {
        const stage = selected.find((one) => one.name === name);
        return stage === undefined ? 'done' : reproStage(session, stage);
      },
    });
    for (const name of unstarted) results.set(name, skipped(session, name));
    throwIfAborted(options.signal);
  } catch (error) {
    problem = error;
  }
  problem ??= options.keepGoing === true ? undefined : session.failures[0];
  return finish(session, problem);
}

async function finish(session: Session, problem: unknown): Promise<ReproReport> {
  const results = session.selected.flatMap((stage) => session.results.get(stage.name) ?? []);
  const aborted = session.options.signal?.aborted === true;
  const failed = problem !== undefined || results.some((result) => result.outcome === 'failed');
  const run = await session.recorder
    .finish({
      status: aborted ? 'KILLED' : failed ? 'FAILED' : 'FINISHED',
      pipeline: session.pipeline,
      stages: upToDate(session, results),
      exitCode: failed ? 1 : 0,
    })
    .catch((error: unknown) => {
      // The reason the pipeline stopped must not be hidden by a record that failed because of it.
      if (problem === undefined) throw error;
      session.context.report?.({
        type: 'warning',
        code: 'MLO_RUN_NOT_RECORDED',
        message: `the run could not be recorded: ${messageOf(error)}`,
      });
      return undefined;
    });
  if (problem !== undefined) throw withResults(problem, results);
  return { stages: results, ...(run === undefined ? {} : { runId: run.runId, runName: run.name }) };
}

function upToDate(
  session: Session,
  results: readonly StageResult[],
): readonly (readonly [Stage, LockedStage])[] {
  const good = new Set(
    results.filter(({ outcome }) => outcome !== 'failed' && outcome !== 'skipped').map(({ name }) => name),
  );
  return session.selected.flatMap((stage): (readonly [Stage, LockedStage])[] => {
    const locked = session.lock.get(stage.name);
    return locked !== undefined && good.has(stage.name) ? [[stage, locked]] : [];
  });
}

function skipped(session: Session, name: string): StageResult {
  const failed = [...session.results.values()].filter(({ outcome }) => outcome === 'failed');
  const text = `not started, because ${failed.map((result) => result.name).join(', ') || 'the work was stopped'} failed`;
  return {
    name,
    outcome: 'skipped',
    reasons: [reason('upstream', failed[0]?.name ?? name, failed.length === 0 ? 'not started' : text)],
    durationMs: 0,
  };
}

/** The error a user sees, with what became of each stage for `--json`. */
function withResults(problem: unknown, stages: readonly StageResult[]): unknown {
  if (!isMloError(problem) || problem.kind !== 'child') return problem;
  return new MloError(problem.kind, problem.code, problem.message, {
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    details: { ...problem.details, stages },
    cause: problem.cause,
  });
}

function noStages(): MloError {
  return new MloError('not-found', 'MLO_NO_STAGES', 'mlo.yaml has no stages', {
    hint: 'describe the pipeline under "stages:" in mlo.yaml; see docs/tutorial/first-steps.md',
  });
}
