import type { KubernetesObject, Release } from '../types.ts';
import { metadata, selectorLabels } from './labels.ts';

export function service(release: Release): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(release),
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(release),
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' }],
    },
  };
}

/** Only the model's port is open, to the namespaces asked for; the pods themselves need to reach nothing. */
export function networkPolicy(release: Release): KubernetesObject {
  const { allow_from: allowed, namespace, port } = release.settings;
  const from =
    allowed === undefined
      ? [{ namespaceSelector: {} }]
      : [
          {
            namespaceSelector: {
              matchExpressions: [
                {
                  key: 'kubernetes.io/metadata.name',
                  operator: 'In',
                  values: [...new Set([namespace, ...allowed])].sort(),
                },
              ],
            },
          },
        ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(release),
    spec: {
      podSelector: { matchLabels: selectorLabels(release) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from, ports: [{ port, protocol: 'TCP' }] }],
      egress: [],
    },
  };
}

/** For a Prometheus operator; its CRD must be in the cluster. */
export function serviceMonitor(release: Release): KubernetesObject {
  const base = metadata(release);
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { ...base, labels: { ...base.labels, ...release.settings.service_monitor?.labels } },
    spec: {
      selector: { matchLabels: selectorLabels(release) },
      endpoints: [{ port: 'http', path: '/metrics', interval: '30s' }],
    },
  };
}
