import type { KubernetesObject, Release } from '../types.ts';
import { metadata, objectLabels, provenance, selectorLabels } from './labels.ts';

/** Where the image keeps the bundle. */
export const BUNDLE_DIR = '/bundle';

/** Time for endpoints and proxies to learn that the pod stops, before it is told to. */
const PRE_STOP_SECONDS = 5;
/** `mlo serve` answers what it has accepted for up to this long after SIGTERM, and is not ready meanwhile. */
const DRAIN_SECONDS = 30;
/** Between the end of the drain and SIGKILL. */
const STOP_MARGIN_SECONDS = 5;
/** The largest model must be loaded and warmed up by then. */
const STARTUP_SECONDS = 300;
/** No user of a base image has it, so files of the image cannot be written even by mistake. */
const UID = 10_001;

export function deployment(release: Release): KubernetesObject {
  const { settings } = release;
  const autoscaled = settings.replicas.max > settings.replicas.min;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(release),
    spec: {
      // An autoscaler owns the field; naming it here would reset the scale at every apply.
      ...(autoscaled ? {} : { replicas: settings.replicas.min }),
      selector: { matchLabels: selectorLabels(release) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      minReadySeconds: 5,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: STARTUP_SECONDS * 2,
      template: {
        metadata: { labels: objectLabels(release), annotations: provenance(release) },
        spec: podSpec(release),
      },
    },
  };
}

function podSpec(release: Release): Record<string, unknown> {
  const { settings } = release;
  return {
    serviceAccountName: release.name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.image_pull_secrets.length === 0
      ? {}
      : { imagePullSecrets: settings.image_pull_secrets.map((name) => ({ name })) }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: UID,
      runAsGroup: UID,
      fsGroup: UID,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationGracePeriodSeconds: PRE_STOP_SECONDS + DRAIN_SECONDS + STOP_MARGIN_SECONDS,
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((key) => ({
      maxSkew: 1,
      topologyKey: key,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selectorLabels(release) },
    })),
    containers: [container(release)],
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }],
  };
}

function container(release: Release): Record<string, unknown> {
  const { cpu, cpu_limit: cpuLimit, memory } = release.settings.resources;
  return {
    name: 'serve',
    image: release.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['mlo'],
    args: serveArguments(release),
    workingDir: '/tmp',
    env: [{ name: 'HOME', value: '/tmp' }],
    ports: [{ name: 'http', containerPort: release.settings.port, protocol: 'TCP' }],
    // Model loading has its own long budget; afterwards a stuck event loop is found in half a minute.
    startupProbe: probe('/v2/health/ready', { periodSeconds: 2, failureThreshold: STARTUP_SECONDS / 2 }),
    readinessProbe: probe('/v2/health/ready', { periodSeconds: 5, failureThreshold: 2 }),
    livenessProbe: probe('/v2/health/live', { periodSeconds: 10, failureThreshold: 3 }),
    lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } },
    resources: {
      requests: { cpu, memory },
      limits: { ...(cpuLimit === undefined ? {} : { cpu: cpuLimit }), memory },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

function serveArguments(release: Release): string[] {
  return ['serve', BUNDLE_DIR, '--host', '0.0.0.0', '--port', String(release.settings.port)];
}

function probe(
  path: string,
  timing: { readonly periodSeconds: number; readonly failureThreshold: number },
): Record<string, unknown> {
  return { httpGet: { path, port: 'http' }, timeoutSeconds: 2, ...timing };
}
