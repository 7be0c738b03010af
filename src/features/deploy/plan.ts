import { stat } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { silent, type Report } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import { writeYamlDocuments } from '#formats/yaml-documents.ts';
import type { Project } from '#stores/project.ts';
import { compareWithCluster } from './cluster.ts';
import { kubernetesObjects } from './kubernetes/objects.ts';
import { resolveRelease } from './release.ts';
import type { ClusterPlan, DeploymentPlan, KubernetesObject } from './types.ts';
import { planWarnings } from './warnings.ts';

export interface PlanOptions {
  readonly project: Project;
  /** Undefined: the only one mlo.yaml declares. */
  readonly environment?: string | undefined;
  /** A model reference instead of the environment's own. */
  readonly ref?: string | undefined;
  /** File to write, or an existing folder: `<folder>/<environment>.yaml`. */
  readonly out?: AbsolutePath | undefined;
  /** Do not ask a cluster. */
  readonly offline?: boolean;
  /** Environment of kubectl and of its authentication plug-ins. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/**
 * Renders the Kubernetes objects of one environment and, when a cluster is reachable, what applying them
 * would change there. Changes nothing in the cluster.
 */
export async function planDeployment(options: PlanOptions): Promise<DeploymentPlan> {
  const { project, signal } = options;
  const report = options.report ?? silent;
  const { release, imageTemplate } = await resolveRelease({
    project,
    environment: options.environment,
    ref: options.ref,
    signal,
  });
  const objects = kubernetesObjects(release);
  const yaml = writeYamlDocuments(objects);
  throwIfAborted(signal);
  const cluster = await askCluster(options, objects, release.settings.context);
  const warnings = planWarnings(release, imageTemplate, cluster);
  for (const warning of warnings) report({ type: 'warning', ...warning });
  const file = options.out === undefined ? null : await fileOf(options.out, release.environment);
  if (file !== null) await writeFileAtomic(file, yaml);
  return {
    environment: release.environment,
    target: 'kubernetes',
    namespace: release.settings.namespace,
    model: release.model,
    version: release.version,
    bundleDigest: release.bundleDigest,
    modelId: release.modelId,
    runId: release.runId ?? null,
    gitCommit: release.gitCommit ?? null,
    image: release.image,
    objects: objects.map((object) => ({
      apiVersion: object.apiVersion,
      kind: object.kind,
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      object,
    })),
    yaml,
    cluster,
    warnings,
    file,
  };
}

async function askCluster(
  options: PlanOptions,
  objects: readonly KubernetesObject[],
  context: string | undefined,
): Promise<ClusterPlan> {
  if (options.offline === true) return { reachable: false, reason: 'not asked: --offline' };
  return compareWithCluster({
    project: options.project,
    objects,
    context,
    env: options.env,
    signal: options.signal,
  });
}

async function fileOf(out: AbsolutePath, environment: string): Promise<AbsolutePath> {
  const isFolder = await stat(out).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? joinPath(out, `${environment}.yaml`) : out;
}
