import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import type { MloError } from '#foundation/errors.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import type { OutputLog } from '#stores/logs/output-log.ts';
import type { CapturedEnvironment } from './capture-environment.ts';
import type { CapturedParams } from './capture-params.ts';
import type { MetricWatch } from './metric-watch.ts';
import type { RunHandle, RunsContext } from './types.ts';

export interface RunCommandOptions extends RunsContext {
  /** Words after `--`. A single one with spaces goes through the shell. */
  readonly command: readonly string[];
  readonly cwd: AbsolutePath;
  /** The command's environment; MLO_RUN_ID is added, and names the parent when it is there already. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user?: string | undefined;
  readonly name?: string | undefined;
  readonly experiment?: string | undefined;
  /** `key=value` each. */
  readonly params: readonly string[];
  readonly paramFiles: readonly AbsolutePath[];
  readonly inputs: readonly AbsolutePath[];
  readonly outputs: readonly AbsolutePath[];
  readonly metricFiles: readonly AbsolutePath[];
  /** Take `name=value` out of the lines the command prints. */
  readonly captureMetrics: boolean;
}

/** What is known before the command starts. */
export interface Prepared {
  readonly command: string | readonly string[];
  /** As one would type it. */
  readonly text: string;
  readonly words: readonly string[];
  readonly params: CapturedParams;
  readonly inputs: readonly RunFile[];
  readonly outputs: readonly RepoPath[];
  readonly metrics: MetricWatch;
}

export interface EndedCommand {
  readonly exitCode: number | undefined;
  /** Signal that ended the command. */
  readonly signal: string | undefined;
  readonly durationMs: number;
  /** Milliseconds since 1970. */
  readonly endTime: number;
  /** Signal that mlo was told to stop by. */
  readonly stoppedBy: string | undefined;
  /** Why the command did not even start. */
  readonly notStarted: MloError | undefined;
}

/** A run with its command, from start to end. */
export interface Recording {
  readonly options: RunCommandOptions;
  readonly prepared: Prepared;
  readonly run: RunHandle;
  readonly log: OutputLog;
  readonly environment: Promise<CapturedEnvironment>;
}
