import { describe, expect, it } from 'vitest';
import { fillImage, readEnvironments } from '#formats/environments.ts';
import { parseProjectFile } from '#formats/mlo-yaml.ts';

function read(lines: string): ReturnType<typeof readEnvironments> {
  return readEnvironments(parseProjectFile(`environments:\n${lines}`, 'mlo.yaml'));
}

describe('environments of mlo.yaml', () => {
  it('fills in the defaults', () => {
    expect(read('  prod: {target: kubernetes}\n').prod).toEqual({
      target: 'kubernetes',
      namespace: 'default',
      image_pull_secrets: [],
      replicas: { min: 2, max: 2 },
      cpu_target: 70,
      resources: { cpu: '500m', memory: '512Mi' },
      port: 8080,
    });
  });

  it('is empty without the key', () => {
    expect(readEnvironments(parseProjectFile('stages: {}\n', 'mlo.yaml'))).toEqual({});
  });

  it('takes a number of replicas as both ends of the range, and numbers as quantities', () => {
    const { prod } = read('  prod: {target: kubernetes, replicas: 3, resources: {cpu: 2}}\n');
    expect(prod?.replicas).toEqual({ min: 3, max: 3 });
    expect(prod?.resources.cpu).toBe('2');
  });

  it.each([
    ['  prod: {target: lambda}', 'mlo.yaml:2:18: environments.prod.target: "target: kubernetes" is expected'],
    ['  prod: {}', 'mlo.yaml:2:9: environments.prod.target: "target: kubernetes" is expected'],
    [
      '  prod:\n    target: kubernetes\n    replica: 3',
      'mlo.yaml:4:5: environments.prod: unknown key "replica"; did you mean "replicas"?',
    ],
    [
      '  prod: {target: kubernetes, resources: {ram: 1Gi}}',
      'mlo.yaml:2:42: environments.prod.resources: unknown key "ram"',
    ],
    [
      '  prod: {target: kubernetes, replicas: {min: 3, max: 1}}',
      'mlo.yaml:2:40: environments.prod.replicas: min must not be above max',
    ],
    [
      '  prod: {target: kubernetes, replicas: many}',
      'mlo.yaml:2:40: environments.prod.replicas: a whole number from 1, or {min: …, max: …}, is expected',
    ],
    [
      '  prod: {target: kubernetes, resources: {memory: 0Mi}}',
      'mlo.yaml:2:50: environments.prod.resources.memory: a Kubernetes quantity above zero is expected, such as 500m, 2 or 512Mi',
    ],
    [
      '  Prod: {target: kubernetes}',
      'mlo.yaml:2:3: environments.Prod: lower-case letters, digits and "-" are allowed, up to 63',
    ],
    [
      '  prod: {target: kubernetes, namespace: My_Space}',
      'mlo.yaml:2:41: environments.prod.namespace: lower-case letters, digits and "-" are allowed, up to 63',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => read(`${text}\n`)).toThrow(message);
  });

  it.each([
    'registry.example.org/ml/late:{version}',
    'registry:5000/ml/{model}:{version}-{digest}',
    `late@sha256:${'0'.repeat(64)}`,
    'a.b-c/d__e/f--g:V1.0_x',
  ])('takes %s as an image', (image) => {
    expect(read(`  prod: {target: kubernetes, image: "${image}"}\n`).prod?.image).toBe(image);
  });

  it.each([
    'registry/late:<digest>',
    'late:{sha}',
    'late tag',
    'Late:1',
    'late:',
    'https://registry/late:1',
    'late@sha256:12',
  ])('does not take %s as an image', (image) => {
    expect(() => read(`  prod: {target: kubernetes, image: "${image}"}\n`)).toThrow(
      /an image reference such as/,
    );
  });

  it('fills an image with what is deployed', () => {
    expect(fillImage('r/{model}:{version}-{digest}', { model: 'late', version: 3, digest: 'abc' })).toBe(
      'r/late:3-abc',
    );
  });
});
