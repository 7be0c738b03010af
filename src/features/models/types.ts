import type { ContentId, RunId } from '#foundation/brands.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';

/** What one rule said. */
export interface GateResult {
  /** As a sentence: `auc >= 0.6`, `auc >= champion (late/2) + 0.01`. */
  readonly rule: string;
  readonly metric: string;
  readonly passed: boolean;
  /** The candidate's value; undefined when its run has no such metric. */
  readonly actual: number | undefined;
  /** The value it is measured against; undefined when there is no champion or it has no such metric. */
  readonly needed: number | undefined;
  readonly note: string;
}

/** A model version as commands print it. */
export interface VersionView {
  readonly ref: string;
  readonly name: string;
  readonly version: number;
  readonly id: string;
  readonly kind: 'file' | 'dir';
  readonly size: number;
  readonly path: string;
  readonly runId: RunId | undefined;
  readonly gitCommit: string | undefined;
  /** ISO 8601, UTC; so are all times of these types. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly aliases: readonly string[];
}

export interface ModelSummary {
  readonly name: string;
  readonly versions: number;
  readonly latest: number;
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  readonly createdAt: string;
}

export interface RegisterOutcome {
  readonly model: VersionView;
  /** Says so when no run is behind the version. */
  readonly note: string | undefined;
}

export interface ModelDetails {
  readonly name: string;
  /** Set when the reference named one version or alias. */
  readonly selected: VersionView | undefined;
  readonly versions: readonly VersionView[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  /** Last metrics of the selected (or latest) version's run; what is no number in JSON is text. */
  readonly metrics: readonly { readonly key: string; readonly value: number | string }[];
  readonly params: readonly { readonly key: string; readonly value: string }[];
  readonly lineage: {
    readonly runId: string | undefined;
    readonly gitCommit: string | undefined;
    readonly inputs: readonly { readonly path: string; readonly id: string }[];
  };
  readonly packages: readonly {
    readonly digest: string;
    readonly version: number;
    readonly createdAt: string;
  }[];
  readonly events: readonly {
    readonly type: string;
    readonly version: number;
    readonly alias: string | undefined;
    readonly previousVersion: number | undefined;
    readonly at: string;
    readonly by: string;
    readonly reason: string;
  }[];
}

export interface PromoteOutcome {
  readonly promoted: boolean;
  readonly name: string;
  readonly version: number;
  readonly alias: string;
  readonly previousVersion: number | undefined;
  /** True when the alias already pointed there: nothing was written. */
  readonly unchanged: boolean;
  readonly forced: boolean;
  readonly gates: readonly GateResult[];
}

/** A reference such as `late@prod`, `late/3` or `late` (the newest version) and what it stands for now. */
export interface ResolvedModel {
  readonly ref: string;
  readonly version: ModelVersion;
  /** The alias the reference named, if it did. */
  readonly alias: string | undefined;
}

/** The content that becomes a version, and where it came from. */
export interface ModelSource {
  readonly id: ContentId;
  readonly kind: 'file' | 'dir';
  readonly size: number;
  readonly path: string;
  readonly runId: RunId | undefined;
  readonly gitCommit: string | undefined;
}
