import { throwIfAborted } from '#foundation/abort.ts';
import { isMloError, MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { LinePrefixer } from './prefix-lines.ts';
import type { PipelineContext, Stage } from './types.ts';

export interface CommandOptions extends PipelineContext {
  readonly stage: Stage;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Other stages may write at the same time. */
  readonly prefixed: boolean;
}

/**
 * Runs the commands of a stage one after the other; output is reported as it comes. Throws `child` when one
 * fails, `aborted` when the signal fired (the command has been told, and has ended).
 */
export async function runCommands(options: CommandOptions): Promise<void> {
  const { stage, project, signal, report } = options;
  const { runProcess } = await import('#adapters/process/run-process.ts');
  const emit = (stream: 'stdout' | 'stderr', chunk: string): void =>
    report?.({ type: 'output', source: stage.name, stream, chunk });
  const prefixer = options.prefixed ? new LinePrefixer(stage.name, emit) : undefined;
  for (const command of stage.cmd) {
    throwIfAborted(signal);
    const result = await runProcess({
      command,
      cwd: stage.wdir === '' ? project.paths.root : joinPath(project.paths.root, stage.wdir),
      env: { ...options.env, ...stage.env },
      signal,
      onOutput: (stream, chunk) => (prefixer ? prefixer.write(stream, chunk) : emit(stream, chunk)),
    }).catch((error: unknown) => {
      throw notStarted(stage, error);
    });
    prefixer?.end();
    throwIfAborted(signal);
    if (result.exitCode !== 0) throw stageFailed(stage, command, result);
  }
}

function stageFailed(
  stage: Stage,
  command: string,
  result: { readonly exitCode: number | undefined; readonly signal: string | undefined },
): MloError {
  const how =
    result.exitCode === undefined
      ? `was ended by ${result.signal}`
      : `ended with exit code ${result.exitCode}`;
  return new MloError('child', 'MLO_STAGE_FAILED', `stage "${stage.name}": its command ${how}: ${command}`, {
    hint: 'the outputs from before are back; see its own message above, then mlo repro',
    details: {
      stage: stage.name,
      command,
      exitCode: result.exitCode ?? null,
      endedBy: result.signal ?? null,
    },
  });
}

function notStarted(stage: Stage, error: unknown): unknown {
  if (!isMloError(error)) return error;
  return new MloError('child', error.code, `stage "${stage.name}": ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { stage: stage.name, ...error.details },
    cause: error,
  });
}
