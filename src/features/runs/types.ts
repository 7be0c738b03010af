import type { ContentId, RunId } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import type { Metric, RunFile, RunStatus } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';

/** What every use case of this feature takes. */
export interface RunsContext {
  readonly project: Project;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/** JSON has no NaN and no infinities; MLflow writes them as these words. */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

/** Values to log. Params and tags are kept as text. */
export type Loggable = Readonly<Record<string, string | number | boolean>>;

/** A metric without a time is of now, without a step of step 0. */
export type NewMetric = Pick<Metric, 'key' | 'value'> & Partial<Metric>;

/** A run that is going on in this process. It gives signs of life until it is finished. */
export interface RunHandle extends AsyncDisposable {
  readonly runId: RunId;
  readonly name: string;
  logParams(params: Loggable): Promise<void>;
  /** Params found by looking; they give way to the same keys logged by somebody who knows. */
  logDefaultParams(params: Loggable): Promise<void>;
  logMetrics(metrics: readonly NewMetric[]): Promise<void>;
  logTags(tags: Loggable): Promise<void>;
  addFiles(files: readonly RunFile[]): Promise<void>;
  /** Puts bytes or text into the store as an artifact of the run. */
  addArtifact(path: string, content: Uint8Array | string): Promise<RunFile>;
  /** Ends the run, as of `endTime` or now; durable when it returns. Leaving the scope without it ends the run as FAILED. */
  finish(status: 'FINISHED' | 'FAILED' | 'KILLED', exitCode?: number, endTime?: number): Promise<void>;
}

/** One run as a row of a table. Times are UTC ISO 8601. */
export interface RunSummary {
  readonly runId: RunId;
  readonly name: string;
  readonly experiment: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Until now for a run that is going on. */
  readonly durationMs: number;
  readonly exitCode: number | null;
  readonly params: Readonly<Record<string, string>>;
  /** Last value of each metric. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
}

export interface MetricDetails {
  readonly key: string;
  readonly value: MetricValue;
  readonly step: number;
  readonly at: string;
  readonly min: MetricValue | null;
  readonly max: MetricValue | null;
  readonly points: number;
}

export interface RunCode {
  readonly commit: string | null;
  readonly branch: string | null;
  readonly dirty: boolean;
  readonly remoteUrl: string | null;
}

export interface RunDetails extends RunSummary {
  readonly command: string | null;
  readonly user: string | null;
  readonly code: RunCode;
  /** Interpreter, host and the like: `python`, `host`, `os`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly metricDetails: readonly MetricDetails[];
  readonly inputs: readonly RunFile[];
  readonly outputs: readonly RunFile[];
  readonly artifacts: readonly RunFile[];
  readonly tags: Readonly<Record<string, string>>;
}

/** One thing compared over all runs, in the order of `runs`; null where a run has no such thing. */
export interface ComparedRow {
  readonly key: string;
  readonly values: readonly (string | null)[];
  readonly same: boolean;
}

export interface ComparedMetric {
  readonly key: string;
  readonly values: readonly (MetricValue | null)[];
  /** Difference to the first run; null for it and where one of the two is missing or not finite. */
  readonly deltas: readonly (number | null)[];
  /** Which way is up, guessed from the name. */
  readonly better: 'higher' | 'lower';
  readonly same: boolean;
}

export interface RunComparison {
  readonly runs: readonly RunSummary[];
  readonly metrics: readonly ComparedMetric[];
  readonly params: readonly ComparedRow[];
  /** Content ids of inputs, then outputs, by path. */
  readonly inputs: readonly ComparedRow[];
  readonly outputs: readonly ComparedRow[];
  readonly code: readonly ComparedRow[];
  readonly environment: readonly ComparedRow[];
}

/** What `mlo run` recorded. */
export interface RunOutcome {
  readonly runId: RunId;
  readonly name: string;
  readonly experiment: string;
  readonly status: RunStatus;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly params: number;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly outputs: readonly { readonly path: string; readonly id: ContentId; readonly size: number }[];
  /** What could not be recorded; not empty: exit code 4. */
  readonly problems: readonly string[];
}
