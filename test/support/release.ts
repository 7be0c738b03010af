import type { ContentId } from '#foundation/brands.ts';
import { environmentsSchema, type KubernetesEnvironment } from '#formats/environments.ts';
import type { Release } from '#features/deploy/index.ts';

export function kubernetesSettings(settings: Record<string, unknown> = {}): KubernetesEnvironment {
  const parsed = environmentsSchema.parse({ prod: { target: 'kubernetes', ...settings } });
  const { prod } = parsed;
  if (prod === undefined) throw new Error('no environment');
  return prod;
}

/** A release as `resolveRelease` gives it, for tests of what is made from it. */
export function someRelease(settings: Record<string, unknown> = {}, change: Partial<Release> = {}): Release {
  return {
    environment: 'prod',
    settings: kubernetesSettings({ namespace: 'ml', ...settings }),
    name: 'late',
    model: 'late',
    version: 3,
    bundleDigest: `sha256:${'b'.repeat(64)}` as ContentId,
    modelId: `sha256:${'a'.repeat(64)}` as ContentId,
    runId: '0123456789abcdef0123456789abcdef',
    gitCommit: 'c'.repeat(40),
    image: 'registry.example.org/ml/late:3',
    ...change,
  };
}
