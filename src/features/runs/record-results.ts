import { stat } from 'node:fs/promises';
import { isMloError, MloError } from '#foundation/errors.ts';
import { withoutSecrets } from '#formats/command-line-params.ts';
import { storePath } from '#features/data/index.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import { removeOutputLog } from '#stores/logs/output-log.ts';
import { changedInputs } from './capture-inputs.ts';
import type { EndedCommand, Recording } from './command-types.ts';
import { keyProblem } from './loggable.ts';
import { summaryOf } from './run-view.ts';
import { ARTIFACT, TAG } from './tags.ts';
import type { RunOutcome } from './types.ts';

/** Points of one transaction: other writers wait for it no longer than some milliseconds. */
const BATCH = 5_000;

type Tell = (problem: string) => void;

/**
 * Records what the command has left and ends the run. One part that fails (a full disk, a broken file) does not
 * take the others with it; each is a warning and a sentence of the answer.
 */
export async function recordResults(recording: Recording, ended: EndedCommand): Promise<readonly string[]> {
  const problems: string[] = [];
  const warn: Tell = (message) =>
    recording.options.report?.({ type: 'warning', code: 'MLO_NOT_RECORDED', message });
  const tell: Tell = (message) => {
    problems.push(message);
    warn(message);
  };
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isMloError(error)) throw error;
      tell(`${what} not recorded: ${error.message}`);
    }
  };
  await attempt('the environment is', () => recordEnvironment(recording));
  await attempt('metrics are', () => recordMetrics(recording, tell, warn));
  if (ended.exitCode === 0 && ended.stoppedBy === undefined) {
    await attempt('outputs are', () => recordOutputs(recording, tell));
    await attempt('inputs are', () => checkInputs(recording, tell));
  }
  await attempt('the printed output is', () => recordLog(recording, tell));
  if (ended.signal !== undefined) await recording.run.logTags({ [TAG.signal]: ended.signal });
  await recording.run.finish(statusOf(ended), ended.exitCode, ended.endTime);
  return problems;
}

/** The answer of a run that went well; throws for one that failed or was stopped. */
export async function outcomeOf(
  recording: Recording,
  ended: EndedCommand,
  problems: readonly string[],
): Promise<RunOutcome> {
  const { runId, name } = recording.run;
  const record = await (await recording.options.project.tracking()).getRun(runId);
  if (record === undefined) throw new Error(`run ${runId} is gone`);
  const details = {
    runId,
    name,
    status: record.run.status,
    exitCode: ended.exitCode ?? null,
    endedBy: ended.signal ?? null,
  };
  const recorded = `recorded as run ${name} (${runId.slice(0, 8)})`;
  if (ended.stoppedBy !== undefined) {
    throw new MloError('aborted', 'MLO_ABORTED', `stopped by ${ended.stoppedBy}; ${recorded}`, {
      details: { ...details, signal: ended.stoppedBy },
    });
  }
  const hint = `mlo runs show ${runId.slice(0, 8)}`;
  if (ended.notStarted !== undefined) {
    const { code, message } = ended.notStarted;
    throw new MloError('child', code, `${message}; ${recorded}`, {
      hint: ended.notStarted.hint ?? hint,
      details,
    });
  }
  if (ended.exitCode !== 0) {
    const how =
      ended.signal === undefined ? `ended with exit code ${ended.exitCode}` : `was ended by ${ended.signal}`;
    const text = withoutSecrets(recording.prepared.text).slice(0, 200);
    throw new MloError('child', 'MLO_COMMAND_FAILED', `"${text}" ${how}; ${recorded}`, { hint, details });
  }
  const summary = summaryOf(record, record.run.endTime ?? record.run.startTime);
  return {
    runId,
    name,
    experiment: record.experimentName,
    status: record.run.status,
    exitCode: ended.exitCode,
    durationMs: Math.round(ended.durationMs),
    params: record.params.length,
    metrics: summary.metrics,
    outputs: record.files
      .filter((file) => file.role === 'output')
      .map((file) => ({ path: file.path, id: file.id, size: file.size })),
    problems,
  };
}

function statusOf(ended: EndedCommand): 'FINISHED' | 'FAILED' | 'KILLED' {
  if (ended.stoppedBy !== undefined || ended.signal !== undefined) return 'KILLED';
  return ended.exitCode === 0 ? 'FINISHED' : 'FAILED';
}

async function recordEnvironment({ run, environment }: Recording): Promise<void> {
  const { tags, files } = await environment;
  await run.logTags(tags);
  await run.addFiles(files);
}

async function recordMetrics({ prepared, run }: Recording, tell: Tell, warn: Tell): Promise<void> {
  const { points, problems } = await prepared.metrics.collect();
  for (const problem of problems) (problem.declared ? tell : warn)(problem.message);
  const good = points.filter((point) => keyProblem(point.key) === undefined);
  const bad = points.find((point) => keyProblem(point.key) !== undefined);
  if (bad !== undefined) {
    warn(`a metric named ${JSON.stringify(bad.key.slice(0, 80))} is left out: ${keyProblem(bad.key)}`);
  }
  for (let i = 0; i < good.length; i += BATCH) await run.logMetrics(good.slice(i, i + BATCH));
}

async function recordOutputs({ options, prepared, run }: Recording, tell: Tell): Promise<void> {
  const files: RunFile[] = [];
  for (const path of prepared.outputs) {
    try {
      const { kind, id, size } = await storePath({ ...options, path });
      files.push({ role: 'output', path, kind, id, size });
    } catch (error) {
      if (!isMloError(error)) throw error;
      tell(`the output ${path} is not recorded: ${error.message}`);
    }
  }
  await run.addFiles(files);
}

async function checkInputs({ options, prepared }: Recording, tell: Tell): Promise<void> {
  for (const path of await changedInputs(options, prepared.inputs)) {
    tell(`the input ${path} changed while the command ran; recorded is what it was at the start`);
  }
}

async function recordLog({ options, run, log }: Recording, tell: Tell): Promise<void> {
  if (log.problem !== undefined) tell(`the printed output is not complete: ${log.problem}`);
  const size = (await stat(log.file).catch(() => undefined))?.size ?? 0;
  if (size > 0) {
    const stored = await (await options.project.store()).putFile(log.file);
    await run.addFiles([{ role: 'artifact', path: ARTIFACT.log, kind: 'file', ...stored }]);
  }
  removeOutputLog(log.file);
}
