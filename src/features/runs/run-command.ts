import { existsSync } from 'node:fs';
import { isMloError, MloError } from '#foundation/errors.ts';
import { absolutePath, repoPath } from '#foundation/paths.ts';
import { processIdentity } from '#foundation/process-identity.ts';
import { OutputLog } from '#stores/logs/output-log.ts';
import { captureEnvironment } from './capture-environment.ts';
import { captureInputs } from './capture-inputs.ts';
import { captureParams } from './capture-params.ts';
import type { EndedCommand, Prepared, Recording, RunCommandOptions } from './command-types.ts';
import { MetricWatch } from './metric-watch.ts';
import { PrintedRecorder } from './printed-recorder.ts';
import { outcomeOf, recordResults } from './record-results.ts';
import { logFileOf, markStaleRuns } from './stale-runs.ts';
import { startRun } from './start-run.ts';
import { TAG } from './tags.ts';
import type { RunOutcome } from './types.ts';

/**
 * Runs a command of the user and records it: params, metrics, code, data, environment, output, how it ended.
 * Throws `child` MLO_COMMAND_FAILED when it fails and `aborted` when it was stopped; the run is recorded then,
 * too. Wrong options throw before anything runs. What cannot be recorded afterwards is in `problems`.
 */
export async function runCommand(options: RunCommandOptions): Promise<RunOutcome> {
  const prepared = await prepare(options);
  await markStaleRuns(options);
  await using run = await startRun({
    ...options,
    command: prepared.text,
    parentRunId: options.env.MLO_RUN_ID,
  });
  options.report?.({ type: 'step', message: `run ${run.name} (${run.runId.slice(0, 8)})` });
  await run.logTags({ [TAG.cwd]: options.cwd });
  await run.logParams(prepared.params.explicit);
  await run.logDefaultParams(prepared.params.defaults);
  await run.addFiles(prepared.inputs);
  const environment = captureEnvironment({ ...options, words: prepared.words });
  // It is awaited when the command has ended; until then nobody listens.
  environment.catch(() => {});
  const log = new OutputLog(logFileOf(options.project, run.runId));
  const recording: Recording = { options, prepared, run, log, environment };
  const ended = await execute(recording);
  const problems = await recordResults(recording, ended);
  return await outcomeOf(recording, ended, problems);
}

async function prepare(options: RunCommandOptions): Promise<Prepared> {
  const { command, text, words } = readCommand(options);
  const { root } = options.project.paths;
  return {
    command,
    text,
    words,
    params: await captureParams({
      ...options,
      words,
      assignments: options.params,
      files: options.paramFiles,
    }),
    inputs: await captureInputs({ ...options, words, declared: options.inputs }),
    outputs: options.outputs.map((path) => repoPath(root, path)),
    metrics: await MetricWatch.start({ root, cwd: options.cwd, declared: options.metricFiles }),
  };
}

function readCommand(options: RunCommandOptions): Pick<Prepared, 'command' | 'text' | 'words'> {
  const [first, ...rest] = options.command;
  if (first === undefined || first.trim() === '') {
    throw new MloError('usage', 'MLO_USAGE', 'there is no command to run', {
      hint: 'mlo run -- python train.py',
    });
  }
  const isShellText = rest.length === 0 && /\s/.test(first) && !existsSync(absolutePath(options.cwd, first));
  if (isShellText) return { command: first, text: first, words: first.trim().split(/\s+/) };
  return { command: options.command, text: options.command.map(quoted).join(' '), words: options.command };
}

/** As one would type it for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

async function execute({ options, prepared, run, log }: Recording): Promise<EndedCommand> {
  const { runProcess } = await import('#adapters/process/run-process.ts');
  await using printed = options.captureMetrics ? new PrintedRecorder(run) : undefined;
  let told: Promise<void> = Promise.resolve();
  try {
    const result = await runProcess({
      command: prepared.command,
      cwd: options.cwd,
      // Python holds back what it prints into a pipe; a run is watched live.
      env: { PYTHONUNBUFFERED: '1', ...options.env, MLO_RUN_ID: run.runId },
      signal: options.signal,
      stdin: 'inherit',
      onStart: (pid) => {
        told = run.logTags({ [TAG.process]: JSON.stringify(processIdentity(pid)) });
      },
      onOutput: (stream, chunk) => {
        options.report?.({ type: 'output', source: run.name, stream, chunk });
        log.write(chunk);
        printed?.write(stream, chunk);
      },
    });
    const endTime = Date.now();
    await told;
    await printed?.finish();
    return { ...result, endTime, stoppedBy: stoppedBy(options.signal), notStarted: undefined };
  } catch (error) {
    if (!isMloError(error) || error.kind !== 'child') throw error;
    return {
      exitCode: 127,
      signal: undefined,
      durationMs: 0,
      endTime: Date.now(),
      stoppedBy: undefined,
      notStarted: error,
    };
  } finally {
    log.close();
  }
}

function stoppedBy(signal: AbortSignal | undefined): string | undefined {
  if (signal?.aborted !== true) return undefined;
  return typeof signal.reason === 'string' ? signal.reason : 'SIGINT';
}
