import { StageContents } from './contents.ts';
import { loadPipeline } from './load-pipeline.ts';
import { loadLock } from './read-lock.ts';
import { paramValues } from './param-values.ts';
import { interruptedStages } from './recover-stages.ts';
import { reason, stageChanges } from './stage-changes.ts';
import type { PipelineContext, Reason, StageState, StageStatus } from './types.ts';

/**
 * Each stage of the pipeline and what changed since it last ran, in the order of the pipeline. Changes nothing,
 * starts no program, opens no database.
 */
export async function pipelineStatus(context: PipelineContext): Promise<readonly StageStatus[]> {
  const pipeline = await loadPipeline(context);
  if (pipeline.stages.length === 0) return [];
  const lock = await loadLock(context.project);
  const interrupted = await interruptedStages(context);
  const contents = new StageContents(context);
  await contents.refresh(pipeline.stages);
  const stale = new Set<string>();
  return pipeline.stages.map((stage): StageStatus => {
    if (stage.frozen) return { stage: stage.name, state: 'frozen', reasons: [] };
    const locked = Object.hasOwn(lock.stages, stage.name) ? lock.stages[stage.name] : undefined;
    const params = paramValues(stage, pipeline);
    const own = interrupted.has(stage.name)
      ? [reason('interrupted', stage.name, 'its last run was cut short, or is going on')]
      : stageChanges({ stage, params, contents: contents.map }, locked);
    const upstream = (pipeline.graph.upstream.get(stage.name) ?? []).filter((name) => stale.has(name));
    const reasons: Reason[] = [
      ...own,
      ...upstream.map((name) => reason('upstream', name, `stage ${name} is not up to date`)),
    ];
    if (reasons.length > 0) stale.add(stage.name);
    return { stage: stage.name, state: stateOf(own, reasons), reasons };
  });
}

function stateOf(own: readonly Reason[], all: readonly Reason[]): StageState {
  if (own.some((one) => one.kind === 'never-run')) return 'never-run';
  if (own.length > 0) return 'changed';
  return all.length > 0 ? 'downstream' : 'unchanged';
}
