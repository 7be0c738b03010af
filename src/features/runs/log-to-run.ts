import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { AbsolutePath, RunId } from '#foundation/brands.ts';
import { systemClock, type Clock } from '#foundation/clock.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { checkedRepoPath } from '#foundation/paths.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import { checkKey, toPairs } from './loggable.ts';
import { resolveRun } from './resolve-run.ts';
import type { Loggable, NewMetric, RunsContext } from './types.ts';

export interface LogTarget extends RunsContext {
  /** A reference given by the user; goes before `currentRunId`. */
  readonly run?: string | undefined;
  /** The run this process is part of, as `mlo run` and `mlo repro` tell their commands (MLO_RUN_ID). */
  readonly currentRunId?: string | undefined;
  readonly clock?: Clock;
}

export interface Logged {
  readonly runId: RunId;
  readonly name: string;
}

export async function logParamsToRun(options: LogTarget & { readonly params: Loggable }): Promise<Logged> {
  const run = await targetOf(options);
  await (await options.project.tracking()).logBatch(run.runId, { params: toPairs('param', options.params) });
  return run;
}

/** Points without a time are of now, without a step of step 0. */
export async function logMetricsToRun(
  options: LogTarget & { readonly metrics: readonly NewMetric[] },
): Promise<Logged> {
  const run = await targetOf(options);
  const timestamp = (options.clock ?? systemClock).now();
  const metrics = options.metrics.map((metric) => ({
    timestamp,
    step: 0,
    ...metric,
    key: checkKey('metric', metric.key),
  }));
  await (await options.project.tracking()).logBatch(run.runId, { metrics });
  return run;
}

/** Stores a file or folder and hangs it on the run. `as`: another name below the run's artifacts. */
export async function logArtifactToRun(
  options: LogTarget & { readonly path: AbsolutePath; readonly as?: string | undefined },
): Promise<Logged & { readonly file: RunFile }> {
  const run = await targetOf(options);
  const path = options.as === undefined ? basename(options.path) : checkedRepoPath(options.as, '--as');
  const store = await options.project.store();
  const kind = await kindOf(options.path);
  const work = { signal: options.signal, report: options.report };
  const stored =
    kind === 'dir' ? await store.putTree(options.path, work) : await store.putFile(options.path, work);
  const file: RunFile = { role: 'artifact', path, kind, id: stored.id, size: stored.size };
  await (await options.project.tracking()).logBatch(run.runId, { files: [file] });
  return { ...run, file };
}

async function kindOf(path: AbsolutePath): Promise<'file' | 'dir'> {
  try {
    return (await stat(path)).isDirectory() ? 'dir' : 'file';
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fromSystemError(error, path);
    throw new MloError('not-found', 'MLO_NO_SUCH_PATH', `${path} does not exist`);
  }
}

async function targetOf(options: LogTarget): Promise<Logged> {
  const ref = options.run ?? options.currentRunId;
  if (ref === undefined || ref === '') {
    throw new MloError(
      'usage',
      'MLO_NO_CURRENT_RUN',
      'no run to log to: this is no command started by mlo run',
      {
        hint: 'start it with "mlo run -- …", or name the run: --run @last',
      },
    );
  }
  const { run } = await resolveRun({ ...options, ref });
  if (run.lifecycleStage === 'active') return { runId: run.runId, name: run.name };
  throw new MloError('conflict', 'MLO_RUN_DELETED', `run ${run.name} (${run.runId.slice(0, 8)}) is deleted`);
}
