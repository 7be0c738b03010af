import { BUNDLE_DIR } from './kubernetes/deployment.ts';
import type { ClusterPlan, PlanWarning, Release } from './types.ts';

/** What must be true for the plan to work and cannot be seen from here. */
export function planWarnings(
  release: Release,
  imageTemplate: string,
  cluster: ClusterPlan,
): readonly PlanWarning[] {
  const warnings: PlanWarning[] = [
    {
      code: 'image-holds-bundle',
      message:
        `the image ${release.image} must exist and hold the mlo program and, in ${BUNDLE_DIR}, the bundle ` +
        `${release.bundleDigest}; mlo does not build or check images yet`,
      hint: `mlo package ${release.model}/${release.version} -o bundle   # then, in the image's build: COPY bundle ${BUNDLE_DIR}`,
    },
  ];
  warnings.push({
    code: 'predictions-not-logged',
    message:
      'pods do not log predictions yet: "mlo serve" logs inside a project, and a pod serves a bundle without one; ' +
      'drift checks and traces of single predictions need another server for now',
  });
  if (!/\{(?:version|digest)\}|@sha256:/.test(imageTemplate)) {
    warnings.push({
      code: 'image-tag-fixed',
      message: `the image ${imageTemplate} has the same name for every version: nodes that hold an older one keep it`,
      hint: `environments.${release.environment}.image: add {version} or {digest} to the tag`,
    });
  }
  const minor = cluster.reachable ? /^v1\.(\d+)/.exec(cluster.serverVersion)?.[1] : undefined;
  if (minor !== undefined && Number(minor) < OLDEST_MINOR) {
    warnings.push({
      code: 'old-cluster',
      message: `the cluster runs ${cluster.reachable ? cluster.serverVersion : ''}; the objects need Kubernetes 1.${OLDEST_MINOR} or newer`,
    });
  }
  return warnings;
}

/** `preStop: sleep` is on by default since 1.30. */
const OLDEST_MINOR = 30;
