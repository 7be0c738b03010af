import type { KubernetesObject, Release } from '../types.ts';
import { metadata, selectorLabels } from './labels.ts';

export function serviceAccount(release: Release): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(release),
    automountServiceAccountToken: false,
  };
}

/** Scales up at once and down slowly: a model takes its time to load. */
export function horizontalPodAutoscaler(release: Release): KubernetesObject {
  const { replicas, cpu_target: cpuTarget } = release.settings;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata(release),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: release.name },
      minReplicas: replicas.min,
      maxReplicas: replicas.max,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuTarget } },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
    },
  };
}

/** One pod at a time may be evicted; pods that are broken anyway never block a node drain. */
export function podDisruptionBudget(release: Release): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(release),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(release) },
    },
  };
}
