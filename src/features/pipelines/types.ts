import type { ContentId, RepoPath, RunId } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import type { OutRole, PlotOptions, ProjectFile } from '#formats/mlo-yaml.ts';
import type { Project } from '#stores/project.ts';

/** What every use case of this feature takes. */
export interface PipelineContext {
  readonly project: Project;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/** A stage with `${…}` filled in and all paths from the project root. */
export interface Stage {
  readonly name: string;
  readonly cmd: readonly string[];
  /** '' is the project root. */
  readonly wdir: string;
  readonly deps: readonly RepoPath[];
  readonly params: readonly ParamUse[];
  readonly outs: readonly StageOut[];
  readonly env: Readonly<Record<string, string>>;
  readonly frozen: boolean;
  readonly alwaysChanged: boolean;
  readonly desc: string | undefined;
  /** Hash of everything that decides what the stage does: not of desc, meta, frozen or how plots are drawn. */
  readonly definition: ContentId;
}

export interface ParamUse {
  readonly file: RepoPath;
  /** Dotted; undefined: the whole file. */
  readonly key: string | undefined;
}

export interface StageOut {
  readonly path: RepoPath;
  readonly role: OutRole;
  readonly cache: boolean;
  readonly persist: boolean;
  readonly plot: PlotOptions | undefined;
}

/** mlo.yaml read, resolved and checked as a graph. */
export interface Pipeline {
  readonly file: ProjectFile;
  /** In an order in which each stage comes after those it depends on; alphabetical where free. */
  readonly stages: readonly Stage[];
  readonly graph: StageGraph;
  /** Content of the params files the stages use. */
  readonly params: ReadonlyMap<RepoPath, unknown>;
}

/** Stage names; `upstream` of a frozen stage is empty. */
export interface StageGraph {
  readonly upstream: ReadonlyMap<string, readonly string[]>;
  readonly downstream: ReadonlyMap<string, readonly string[]>;
}

export type ReasonKind =
  /** No record in mlo.lock. */
  | 'never-run'
  | 'command'
  | 'definition'
  | 'param'
  | 'dep'
  | 'out'
  | 'always'
  | 'forced'
  | 'frozen'
  /** A stage it depends on is changed. */
  | 'upstream'
  /** Its last run was cut short; the next `mlo repro` puts the previous outputs back. */
  | 'interrupted';

/** One cause, as data and as a sentence: `param train.trees: 60 -> 120`. */
export interface Reason {
  readonly kind: ReasonKind;
  /** The path, key or stage. */
  readonly what: string;
  readonly old?: string;
  readonly new?: string;
  readonly text: string;
}

export type StageState =
  | 'unchanged'
  | 'changed'
  /** Unchanged itself, but a stage it depends on is not. */
  | 'downstream'
  | 'never-run'
  | 'frozen';

export interface StageStatus {
  readonly stage: string;
  readonly state: StageState;
  readonly reasons: readonly Reason[];
}

export type StageOutcome =
  | 'ran'
  | 'unchanged'
  /** Outputs of an earlier run with the same inputs were put back; the command was not run. */
  | 'restored'
  /** Frozen, or a stage it depends on failed. */
  | 'skipped'
  | 'failed'
  /** With `dry`: it would run; it might, once the stages before it have. */
  | 'would-run'
  | 'might-run';

export interface StageResult {
  readonly name: string;
  readonly outcome: StageOutcome;
  readonly reasons: readonly Reason[];
  readonly durationMs: number;
  /** Of the command, when it failed. */
  readonly exitCode?: number;
  readonly error?: string;
}

export interface ReproReport {
  /** In the order of the pipeline. */
  readonly stages: readonly StageResult[];
  /** The run that records this; absent when there was nothing to do. */
  readonly runId?: RunId;
  readonly runName?: string;
}

export interface ReproOptions extends PipelineContext {
  /** Stage names, or paths of outputs; none: the whole pipeline. Stages they depend on come along. */
  readonly targets?: readonly string[];
  /** Run even what is unchanged. */
  readonly force?: boolean;
  /** Change nothing; say what would run. */
  readonly dry?: boolean;
  /** Only the targets, not what they depend on. */
  readonly single?: boolean;
  /** The targets and all that depends on them. */
  readonly downstream?: boolean;
  /** After a failure go on with stages that do not depend on the failed one. */
  readonly keepGoing?: boolean;
  /** Stages at once; 1 when not given. */
  readonly jobs?: number;
  /** `key=value` or `file:key=value`: written to the params file first, comments kept. */
  readonly params?: readonly string[];
  readonly noRunCache?: boolean;
  readonly runName?: string;
  /** Environment of the commands; their own `env:` is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who runs it, for the record; asked only when there is something to record. */
  readonly by: () => Promise<string>;
  /** Announce every cause of a stage, not only the first. */
  readonly why?: boolean;
}
