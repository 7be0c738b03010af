import type { KubernetesObject, Release } from '../types.ts';
import { horizontalPodAutoscaler, podDisruptionBudget, serviceAccount } from './availability.ts';
import { deployment } from './deployment.ts';
import { networkPolicy, service, serviceMonitor } from './network.ts';

/** Every object of one release, in the order they are applied: what others refer to comes first. */
export function kubernetesObjects(release: Release): readonly KubernetesObject[] {
  const { replicas, service_monitor: monitor } = release.settings;
  return [
    serviceAccount(release),
    networkPolicy(release),
    service(release),
    deployment(release),
    ...(replicas.max > replicas.min ? [horizontalPodAutoscaler(release)] : []),
    ...(replicas.max > 1 ? [podDisruptionBudget(release)] : []),
    ...(monitor === undefined ? [] : [serviceMonitor(release)]),
  ];
}
