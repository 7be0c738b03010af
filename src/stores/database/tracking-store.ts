import type { ContentId, RunId } from '#foundation/brands.ts';

/**
 * Rows of experiments and runs. Asynchronous because PostgreSQL follows; SQLite answers at once. Times are
 * milliseconds since 1970. Every method is one transaction; writers of other processes are waited for. Methods that
 * name a run throw `not-found` when there is none, but for `getRun`.
 */
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
export type LifecycleStage = 'active' | 'deleted';

export interface Experiment {
  readonly experimentId: string;
  readonly name: string;
  readonly lifecycleStage: LifecycleStage;
  readonly createdAt: number;
}

export interface Run {
  readonly runId: RunId;
  readonly experimentId: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime: number | undefined;
  readonly lifecycleStage: LifecycleStage;
  /** Last sign of life of a RUNNING run. */
  readonly heartbeatAt: number | undefined;
  /** Exit code of the user's command, when there was one. */
  readonly exitCode: number | undefined;
}

export interface Param {
  readonly key: string;
  /** As text, as MLflow keeps it. */
  readonly value: string;
}

export interface Metric {
  readonly key: string;
  /** NaN and infinities are allowed. */
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** One file or folder a run read (`input`), produced (`output`: a tracked stage output) or logged (`artifact`). */
export interface RunFile {
  readonly role: 'input' | 'output' | 'artifact';
  /** Input and output: path in the project. Artifact: path below the run's artifacts. */
  readonly path: string;
  readonly kind: 'file' | 'dir';
  readonly id: ContentId;
  readonly size: number;
}

/**
 * The last point of a metric (greatest step, then time, then value) and what its history spans. `min` and
 * `max` leave NaN out and are undefined when every point is NaN.
 */
export interface MetricSummary extends Metric {
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Points in the history. */
  readonly count: number;
}

/** A run with everything but metric history: last value of each metric only. Lists are in key order. */
export interface RunRecord {
  readonly run: Run;
  readonly experimentName: string;
  readonly params: readonly Param[];
  readonly metrics: readonly MetricSummary[];
  readonly tags: readonly Tag[];
  readonly files: readonly RunFile[];
}

export interface NewRun {
  readonly runId: RunId;
  readonly experimentId: string;
  readonly name: string;
  readonly startTime: number;
  readonly tags?: readonly Tag[];
}

export interface RunBatch {
  readonly params?: readonly Param[];
  /** Params found by looking (command line, params.yaml): kept unless the key is logged by somebody who knows. */
  readonly defaultParams?: readonly Param[];
  readonly metrics?: readonly Metric[];
  readonly tags?: readonly Tag[];
  readonly files?: readonly RunFile[];
}

export interface ListRuns {
  readonly experimentId?: string;
  /** Active ones when not given. */
  readonly lifecycleStage?: LifecycleStage;
  readonly status?: RunStatus;
  /** Exact name. */
  readonly name?: string;
  /** By the last value of a metric; runs without it (or with NaN) come last. Newest first when not given. */
  readonly orderBy?: { readonly metric: string; readonly direction: 'asc' | 'desc' };
  readonly limit?: number;
}

export interface RunChange {
  readonly status?: RunStatus;
  readonly endTime?: number;
  readonly name?: string;
  readonly heartbeatAt?: number;
  readonly exitCode?: number;
  readonly lifecycleStage?: LifecycleStage;
  readonly ifStatus?: RunStatus;
}

export interface TrackingStore {
  /** Finds or makes the experiment; `Default` (id 0) always exists. */
  experimentByName(name: string): Promise<Experiment>;
  listExperiments(): Promise<readonly Experiment[]>;
  createRun(run: NewRun): Promise<Run>;
  /**
   * Atomic: all or nothing. A param logged before with another value is a `conflict` naming it. A metric point
   * that is there already is dropped; tags and files are replaced by key and by role and path.
   */
  logBatch(runId: RunId, batch: RunBatch): Promise<void>;
  /** False, and nothing changed, when `ifStatus` is given and the run has another status by now. */
  updateRun(runId: RunId, change: RunChange): Promise<boolean>;
  getRun(runId: RunId): Promise<RunRecord | undefined>;
  /** Ids that start with a prefix of at least four hex digits, newest first. */
  findRunIds(prefix: string): Promise<readonly RunId[]>;
  listRuns(query?: ListRuns): Promise<readonly RunRecord[]>;
  metricHistory(runId: RunId, key: string): Promise<readonly Metric[]>;
  /** Names of the newest runs and their ids: what a mistyped reference is compared with. */
  recentRuns(limit: number): Promise<readonly { readonly runId: RunId; readonly name: string }[]>;
  /** Runs whose files hold this content, newest first: lineage walks it. */
  runsWithFile(id: ContentId, role: RunFile['role']): Promise<readonly RunId[]>;
}
