import { contentIdOf } from '#foundation/hash.ts';
import { writeLock, type LockedStage } from '#formats/mlo-lock.ts';
import type { RunHandle } from '#features/runs/index.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import { paramLeaves, paramValues } from './param-values.ts';
import { readStageMetrics } from './stage-metrics.ts';
import type { Pipeline, PipelineContext, ReproOptions, Stage } from './types.ts';

/**
 * Records one `mlo repro` as one run, started when the first stage runs or is restored: a repro with nothing to
 * do leaves no trace and opens no database.
 */
export class RunRecorder {
  private readonly context: PipelineContext;
  private readonly options: ReproOptions;
  private starting: Promise<RunHandle> | undefined;

  constructor(context: PipelineContext, options: ReproOptions) {
    this.context = context;
    this.options = options;
  }

  /** Starts the run if it has not been; several stages may ask at once. */
  start(): Promise<RunHandle> {
    this.starting ??= this.open();
    return this.starting;
  }

  /** Lets commands log to the run: `mlo log metric auc=0.7`. */
  async environment(): Promise<Readonly<Record<string, string>>> {
    const { runId } = await this.start();
    return { MLO_RUN_ID: runId };
  }

  /** Ends the run with all that the stages that are up to date have used and made. Undefined: nothing was run. */
  async finish(end: {
    readonly status: 'FINISHED' | 'FAILED' | 'KILLED';
    readonly pipeline: Pipeline;
    /** Stages that are up to date now, with their records. */
    readonly stages: readonly (readonly [Stage, LockedStage])[];
    readonly exitCode: number;
  }): Promise<{ readonly runId: RunHandle['runId']; readonly name: string } | undefined> {
    if (this.starting === undefined) return undefined;
    const run = await this.starting;
    const stages = end.stages.map(([stage]) => stage);
    const locked = Object.fromEntries(end.stages.map(([stage, record]) => [stage.name, record]));
    await run.logDefaultParams(textParams(stages, end.pipeline));
    await run.logMetrics(await readStageMetrics(this.context, stages));
    await run.addFiles(filesOf(end.stages, end.pipeline));
    await run.logTags({
      'mlo.stages': stages.map((stage) => stage.name).join(','),
      'mlo.pipeline': contentIdOf(writeLock({ stages: locked })),
    });
    await run.finish(end.status, end.exitCode);
    return { runId: run.runId, name: run.name };
  }

  private async open(): Promise<RunHandle> {
    const { startRun } = await import('#features/runs/index.ts');
    const { project, signal, report } = this.context;
    return startRun({
      project,
      signal,
      report,
      user: await this.options.by(),
      command: ['mlo', 'repro', ...(this.options.targets ?? [])].join(' '),
      name: this.options.runName,
    });
  }
}

function textParams(stages: readonly Stage[], pipeline: Pipeline): Record<string, string> {
  const leaves = Object.assign(
    {},
    ...stages.map((stage) => paramLeaves(paramValues(stage, pipeline))),
  ) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(leaves).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** What no stage makes is an input; all outputs are outputs, and plots can be looked at as artifacts too. */
function filesOf(stages: readonly (readonly [Stage, LockedStage])[], pipeline: Pipeline): RunFile[] {
  const files = new Map<string, RunFile>();
  const add = (role: RunFile['role'], item: Omit<RunFile, 'role'>): void => {
    const { path, kind, id, size } = item;
    files.set(`${role} ${path}`, { role, path, kind, id, size });
  };
  const made = pipeline.stages.flatMap((stage) => stage.outs.map((out) => out.path));
  for (const [stage, record] of stages) {
    for (const dep of record.deps) {
      const own = made.some((out) => dep.path === out || dep.path.startsWith(`${out}/`));
      if (!own) add('input', dep);
    }
    const plots = new Set(stage.outs.filter((out) => out.role === 'plot').map((out) => out.path));
    for (const out of record.outs) {
      add('output', out);
      if (plots.has(out.path)) add('artifact', out);
    }
  }
  return [...files.values()];
}
