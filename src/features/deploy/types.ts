import type { ContentId } from '#foundation/brands.ts';
import type { KubernetesEnvironment } from '#formats/environments.ts';

/** What is deployed where: everything the objects are made from, with no reference left to resolve. */
export interface Release {
  readonly environment: string;
  readonly settings: KubernetesEnvironment;
  /** Name of the objects. */
  readonly name: string;
  readonly model: string;
  readonly version: number;
  /** Digest of the bundle's manifest: what the pods must serve. */
  readonly bundleDigest: ContentId;
  /** Content of the model file. */
  readonly modelId: ContentId;
  readonly runId: string | undefined;
  readonly gitCommit: string | undefined;
  /** With its variables filled in. */
  readonly image: string;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface PlannedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly object: KubernetesObject;
}

/** One value that would change; `before` is absent when it is added, `after` when it is removed. */
export interface FieldChange {
  /** `spec.template.spec.containers[serve].image` */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What the cluster says an apply of one object would do. */
export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly change: 'create' | 'update' | 'unchanged' | 'refused';
  readonly fields: readonly FieldChange[];
  /** Why the API server refused it: a conflict, a failed validation, a missing namespace. */
  readonly reason?: string;
}

export type ClusterPlan =
  | { readonly reachable: false; readonly reason: string }
  | {
      readonly reachable: true;
      readonly context: string;
      readonly serverVersion: string;
      readonly changes: readonly ObjectChange[];
    };

export interface PlanWarning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export interface DeploymentPlan {
  readonly environment: string;
  readonly target: 'kubernetes';
  readonly namespace: string;
  readonly model: string;
  readonly version: number;
  readonly bundleDigest: ContentId;
  readonly modelId: ContentId;
  readonly runId: string | null;
  readonly gitCommit: string | null;
  readonly image: string;
  readonly objects: readonly PlannedObject[];
  /** All objects as one YAML stream: the same inputs give the same bytes. */
  readonly yaml: string;
  readonly cluster: ClusterPlan;
  readonly warnings: readonly PlanWarning[];
  /** Where the YAML was written, when a file was asked for. */
  readonly file: string | null;
}
