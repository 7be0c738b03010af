import { describe, expect, it } from 'vitest';
import { kubernetesObjects } from '#features/deploy/kubernetes/objects.ts';
import { labelValue, objectName } from '#features/deploy/kubernetes/labels.ts';
import type { KubernetesObject } from '#features/deploy/index.ts';
import { writeYamlDocuments } from '#formats/yaml-documents.ts';
import { parse, parseAllDocuments } from 'yaml';
import { someRelease } from '../../../support/release.ts';

type Release = ReturnType<typeof someRelease>;

/** Looks into an object without a type for each kind. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into many shapes
function get(release: Release, kind: string): any {
  return kubernetesObjects(release).find((object) => object.kind === kind);
}

function kinds(objects: readonly KubernetesObject[]): string[] {
  return objects.map((object) => object.kind);
}

describe('Kubernetes objects', () => {
  it('come in the order they are applied', () => {
    expect(kinds(kubernetesObjects(someRelease()))).toEqual([
      'ServiceAccount',
      'NetworkPolicy',
      'Service',
      'Deployment',
      'PodDisruptionBudget',
    ]);
  });

  it('hold an autoscaler only for a range, and then leave the scale to it', () => {
    const ranged = someRelease({ replicas: { min: 1, max: 4 }, cpu_target: 60 });
    expect(get(ranged, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(get(ranged, 'HorizontalPodAutoscaler').spec).toMatchObject({
      minReplicas: 1,
      maxReplicas: 4,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'late' },
      metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 60 } } }],
    });
    expect(get(someRelease({ replicas: 3 }), 'Deployment').spec.replicas).toBe(3);
  });

  it('hold a disruption budget only when there can be more than one pod', () => {
    expect(kinds(kubernetesObjects(someRelease({ replicas: 1 })))).not.toContain('PodDisruptionBudget');
    expect(kinds(kubernetesObjects(someRelease({ replicas: { min: 1, max: 2 } })))).toContain(
      'PodDisruptionBudget',
    );
  });

  it('hold a ServiceMonitor only when asked, with the labels its operator selects by', () => {
    expect(kinds(kubernetesObjects(someRelease()))).not.toContain('ServiceMonitor');
    const monitor = get(
      someRelease({ service_monitor: { labels: { release: 'prometheus' } } }),
      'ServiceMonitor',
    );
    expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(monitor.spec.endpoints).toEqual([{ port: 'http', path: '/metrics', interval: '30s' }]);
  });

  it('select by labels that no version can change', () => {
    const one = get(someRelease(), 'Deployment');
    const next = get(someRelease({}, { version: 4, runId: undefined, gitCommit: undefined }), 'Deployment');
    expect(next.spec.selector).toEqual(one.spec.selector);
    expect(next.spec.template.metadata).not.toEqual(one.spec.template.metadata);
    expect(one.spec.template.metadata.labels).toMatchObject(one.spec.selector.matchLabels);
  });

  it('name everything behind the model, on the pods too', () => {
    const { metadata, spec } = get(someRelease(), 'Deployment');
    expect(metadata.annotations).toEqual({
      'mlo.dev/bundle-digest': `sha256:${'b'.repeat(64)}`,
      'mlo.dev/model': 'late',
      'mlo.dev/version': '3',
      'mlo.dev/model-id': `sha256:${'a'.repeat(64)}`,
      'mlo.dev/run-id': '0123456789abcdef0123456789abcdef',
      'mlo.dev/git-commit': 'c'.repeat(40),
    });
    expect(spec.template.metadata.annotations).toEqual(metadata.annotations);
  });

  it('give a stopping pod time to leave the endpoints and for the 30 s that "mlo serve" drains', () => {
    const { spec } = get(someRelease(), 'Deployment').spec.template;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(
      30 + spec.containers[0].lifecycle.preStop.sleep.seconds,
    );
  });

  it('probe readiness for starting and traffic, and only life for restarts', () => {
    const [container] = get(someRelease({ port: 9000 }), 'Deployment').spec.template.spec.containers;
    expect(container.startupProbe.httpGet).toEqual({ path: '/v2/health/ready', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/v2/health/ready', port: 'http' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/v2/health/live', port: 'http' });
    expect(container.ports).toEqual([{ name: 'http', containerPort: 9000, protocol: 'TCP' }]);
  });

  it('open the port to the namespaces that were named, their own included', () => {
    const [rule] = get(someRelease({ allow_from: ['monitoring'] }), 'NetworkPolicy').spec.ingress;
    expect(rule.ports).toEqual([{ port: 8080, protocol: 'TCP' }]);
    expect(rule.from[0].namespaceSelector.matchExpressions[0].values).toEqual(['ml', 'monitoring']);
    expect(get(someRelease(), 'NetworkPolicy').spec.egress).toEqual([]);
  });

  it('limit memory to what is requested, and CPU only when asked', () => {
    const resources = (release: Release): unknown =>
      get(release, 'Deployment').spec.template.spec.containers[0].resources;
    expect(resources(someRelease())).toEqual({
      requests: { cpu: '500m', memory: '512Mi' },
      limits: { memory: '512Mi' },
    });
    expect(resources(someRelease({ resources: { cpu_limit: 2 } }))).toMatchObject({ limits: { cpu: '2' } });
  });
});

describe('YAML of objects', () => {
  it('is the same bytes for the same release, and reads back to the same objects', () => {
    const objects = kubernetesObjects(someRelease({ replicas: { min: 2, max: 3 } }));
    const yaml = writeYamlDocuments(objects);
    expect(writeYamlDocuments(kubernetesObjects(someRelease({ replicas: { min: 2, max: 3 } })))).toBe(yaml);
    expect(parseAllDocuments(yaml).map((document) => document.toJS())).toEqual(objects);
    expect(yaml).not.toMatch(/[&*]a\d/);
  });

  it('quotes texts that YAML 1.1 readers would take for something else', () => {
    const value = { a: 'on', b: '12:30:45', c: '1e3', d: 'y', e: '0777', f: '3', g: '~', h: '1_000' };
    const yaml = writeYamlDocuments([value]);
    expect(parse(yaml, { version: '1.1' })).toEqual(value);
    expect(parse(yaml, { version: '1.2' })).toEqual(value);
  });
});

describe('names', () => {
  it.each([
    ['late', 'late'],
    ['Late_Flights.v2', 'late-flights-v2'],
    ['2-late', 'late'],
    ['x'.repeat(80), 'x'.repeat(63)],
    ['123', undefined],
  ])('makes a Service name of %s', (model, name) => {
    expect(objectName(model)).toBe(name);
  });

  it('cuts label values to what Kubernetes takes', () => {
    expect(labelValue('a/b c')).toBe('a-b-c');
    expect(labelValue(`${'x'.repeat(62)}--tail`)).toBe('x'.repeat(62));
  });
});
