import type { Release } from '../types.ts';

/** What a selector may hold: it can never change afterwards, so no version stands here. */
export function selectorLabels(release: Release): Record<string, string> {
  return { 'app.kubernetes.io/name': labelValue(release.model), 'app.kubernetes.io/instance': release.name };
}

export function objectLabels(release: Release): Record<string, string> {
  return {
    ...selectorLabels(release),
    'app.kubernetes.io/version': String(release.version),
    'app.kubernetes.io/component': 'inference',
    'app.kubernetes.io/managed-by': 'mlo',
    'mlo.dev/environment': release.environment,
  };
}

/** The edges that `mlo trace` walks back from a running pod. A changed bundle changes the pod template: it rolls. */
export function provenance(release: Release): Record<string, string> {
  return {
    'mlo.dev/bundle-digest': release.bundleDigest,
    'mlo.dev/model': release.model,
    'mlo.dev/version': String(release.version),
    'mlo.dev/model-id': release.modelId,
    ...(release.runId === undefined ? {} : { 'mlo.dev/run-id': release.runId }),
    ...(release.gitCommit === undefined ? {} : { 'mlo.dev/git-commit': release.gitCommit }),
  };
}

export function metadata(release: Release): {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
} {
  return {
    name: release.name,
    namespace: release.settings.namespace,
    labels: objectLabels(release),
    annotations: provenance(release),
  };
}

/** A label's value: 63 characters of letters, digits, "-", "_", ".", beginning and ending with a letter or digit. */
export function labelValue(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** A Service's name out of any model name: RFC 1035. Undefined when nothing usable is left. */
export function objectName(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return name === '' ? undefined : name;
}
