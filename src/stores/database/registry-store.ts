import type { ContentId, RunId } from '#foundation/brands.ts';

/** Rows of the model registry and of packages and deployments made from it. Append-only where it says so. */
export interface RegisteredModel {
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
}

export interface ModelVersion {
  readonly name: string;
  /** 1, 2, 3 … never reused. */
  readonly version: number;
  /** Content of the model file or folder. */
  readonly id: ContentId;
  readonly kind: 'file' | 'dir';
  readonly size: number;
  /** File name the content had: `model.onnx`. */
  readonly path: string;
  /** The run that produced it; undefined when registered from a bare file. */
  readonly runId: RunId | undefined;
  readonly gitCommit: string | undefined;
  readonly description: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

export interface ModelAlias {
  readonly name: string;
  readonly alias: string;
  readonly version: number;
}

/** Never changed, never deleted: who moved what, when and why, and what the gates said. */
export interface RegistryEvent {
  readonly name: string;
  readonly type: 'registered' | 'alias-set' | 'alias-removed' | 'gate-refused' | 'packaged';
  readonly version: number;
  readonly alias: string | undefined;
  /** Version the alias pointed at before. */
  readonly previousVersion: number | undefined;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  /** Gate results, bundle digest …: plain JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface PackageRow {
  /** Digest of the bundle's manifest. */
  readonly digest: ContentId;
  /** Tree of the bundle in the store. */
  readonly treeId: ContentId;
  readonly name: string;
  readonly version: number;
  readonly createdAt: number;
}

export interface RegistryStore {
  /** Makes the model when new; gives the next number; writes the `registered` event; moves `candidate` to it. */
  registerVersion(version: Omit<ModelVersion, 'version'>): Promise<ModelVersion>;
  listModels(): Promise<readonly RegisteredModel[]>;
  listVersions(name: string): Promise<readonly ModelVersion[]>;
  getVersion(name: string, version: number): Promise<ModelVersion | undefined>;
  listAliases(name: string): Promise<readonly ModelAlias[]>;
  resolveAlias(name: string, alias: string): Promise<number | undefined>;
  /**
   * Moves an alias if it still points at `expected` (undefined: not set yet) and writes the event in the same
   * transaction; otherwise a `conflict`.
   */
  moveAlias(move: {
    readonly name: string;
    readonly alias: string;
    readonly version: number;
    readonly expected: number | undefined;
    readonly event: Omit<RegistryEvent, 'name' | 'type' | 'version' | 'alias' | 'previousVersion'>;
  }): Promise<void>;
  addEvent(event: RegistryEvent): Promise<void>;
  listEvents(name: string): Promise<readonly RegistryEvent[]>;
  addPackage(row: PackageRow): Promise<void>;
  getPackage(digest: ContentId): Promise<PackageRow | undefined>;
  /** Newest first. */
  listPackages(name: string, version?: number): Promise<readonly PackageRow[]>;
}
