import type { MloError } from '#foundation/errors.ts';
import type { ProjectFile } from '#formats/mlo-yaml.ts';
import type { StageContents } from './contents.ts';
import type { LockWriter } from './lock-writer.ts';
import { paramValues } from './param-values.ts';
import type { RunRecorder } from './run-recorder.ts';
import { stageChanges, type StageNow } from './stage-changes.ts';
import type { Pipeline, PipelineContext, Reason, ReproOptions, Stage, StageResult } from './types.ts';

/** What the stages of one `mlo repro` share. */
export interface Session {
  readonly context: PipelineContext;
  readonly options: ReproOptions;
  readonly pipeline: Pipeline;
  readonly file: ProjectFile;
  readonly selected: readonly Stage[];
  readonly lock: LockWriter;
  readonly contents: StageContents;
  readonly recorder: RunRecorder;
  readonly jobs: number;
  /** By stage name, as they end. */
  readonly results: Map<string, StageResult>;
  /** Errors of the stages that failed, in the order in which they did. */
  readonly failures: MloError[];
}

export function stageNow(session: Session, stage: Stage): StageNow {
  return { stage, params: paramValues(stage, session.pipeline), contents: session.contents.map };
}

/** Why a stage is not up to date; empty when it is. */
export function changesOf(session: Session, stage: Stage): readonly Reason[] {
  return stageChanges(stageNow(session, stage), session.lock.get(stage.name));
}

export function upstreamOf(session: Session, stage: Stage): readonly StageResult[] {
  const names = session.pipeline.graph.upstream.get(stage.name) ?? [];
  return names.flatMap((name) => session.results.get(name) ?? []);
}
