import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeYamlDocuments } from '#formats/yaml-documents.ts';
import { compareWithCluster } from '#features/deploy/cluster.ts';
import { kubernetesObjects } from '#features/deploy/kubernetes/objects.ts';
import type { ClusterPlan, KubernetesObject, Release } from '#features/deploy/index.ts';
import { recordNotDone } from '../../scripts/verification.mjs';
import { buildKube, peerVersions, startKube, type KubeCluster } from '../support/kube-cluster.ts';
import { lineageProject } from '../support/lineage-project.ts';
import { testProject } from '../support/project.ts';
import { someRelease } from '../support/release.ts';
import { runCli } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { recordSuite } from '../support/verification.ts';

const COMMAND = 'npx vitest run --config vitest.slow.config.ts test/slow/kubernetes.test.ts';
const CHECK = {
  check: 'deploy plan: objects and server-side diff',
  peer: 'kube-apiserver',
  command: COMMAND,
};

const programs = buildKube();
if ('missing' in programs) {
  await recordNotDone({ ...CHECK, reason: programs.missing });
  process.stderr.write(`skipped: ${programs.missing}\n`);
}

describe.skipIf('missing' in programs)('a real Kubernetes API server', () => {
  let cluster: KubeCluster;
  let stop = (): Promise<void> => Promise.resolve();
  let version = '';

  beforeAll(async () => {
    cluster = await startKube('dir' in programs ? programs.dir : '');
    stop = cluster.stop;
    version = await peerVersions(cluster);
    cluster.kubectl('create', 'namespace', 'ml');
    // The upstream definition of "restricted", as an admission check of its own.
    cluster.kubectl('label', 'namespace', 'ml', 'pod-security.kubernetes.io/enforce=restricted');
  });

  afterAll(() => stop());
  recordSuite(() => ({ ...CHECK, version }));

  async function plan(
    release: Release,
    objects: readonly KubernetesObject[] = kubernetesObjects(release),
  ): Promise<ClusterPlan> {
    const project = await testProject();
    return compareWithCluster({
      project: project.open(),
      objects,
      context: undefined,
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    });
  }

  function changesOf(answer: ClusterPlan): Record<string, string> {
    if (!answer.reachable) throw new Error(answer.reason);
    return Object.fromEntries(
      answer.changes.map((change) => [
        change.kind,
        change.reason === undefined ? change.change : `${change.change}: ${change.reason}`,
      ]),
    );
  }

  async function apply(release: Release): Promise<void> {
    const file = join(await tempDir(), 'objects.yaml');
    writeFileSync(file, writeYamlDocuments(kubernetesObjects(release)));
    cluster.kubectl('apply', '--server-side', '--field-manager=mlo', '--validate=strict', '-f', file);
  }

  it('accepts every object with strict validation', async () => {
    const release = someRelease({
      replicas: { min: 2, max: 6 },
      allow_from: ['ingress-nginx', 'monitoring'],
      image_pull_secrets: ['registry'],
      resources: { cpu: 1, cpu_limit: '2', memory: '1Gi' },
    });
    expect(changesOf(await plan(release))).toEqual({
      ServiceAccount: 'create',
      NetworkPolicy: 'create',
      Service: 'create',
      Deployment: 'create',
      HorizontalPodAutoscaler: 'create',
      PodDisruptionBudget: 'create',
    });
  });

  it('names the server and its version', async () => {
    expect(await plan(someRelease())).toMatchObject({
      reachable: true,
      context: 'test',
      serverVersion: cluster.version,
    });
  });

  it('makes pods that the restricted pod security standard admits', async () => {
    const release = someRelease();
    const deployment = kubernetesObjects(release).find((object) => object.kind === 'Deployment');
    if (deployment === undefined) throw new Error('no Deployment');
    const { template } = deployment.spec as {
      template: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> };
    };
    const pod = (spec: Record<string, unknown>): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probe', namespace: 'ml', labels: template.metadata.labels },
      spec,
    });
    await apply(release);
    expect(changesOf(await plan(release, [pod(template.spec)]))).toEqual({ Pod: 'create' });
    const loose = { ...template.spec, securityContext: { runAsNonRoot: false } };
    expect(changesOf(await plan(release, [pod(loose)])).Pod).toMatch(
      /^refused: .*violates PodSecurity "restricted:latest"/,
    );
  });

  it('finds nothing to change after an apply, and every changed field before the next', async () => {
    const release = someRelease({}, { name: 'late-diff' });
    await apply(release);
    expect(new Set(Object.values(changesOf(await plan(release))))).toEqual(new Set(['unchanged']));

    const next = someRelease(
      { resources: { memory: '2Gi' } },
      { name: 'late-diff', version: 4, image: 'registry.example.org/ml/late:4' },
    );
    const answer = await plan(next);
    const deployment = answer.reachable
      ? answer.changes.find((change) => change.kind === 'Deployment')
      : undefined;
    expect(deployment?.change).toBe('update');
    expect(deployment?.fields).toEqual([
      { path: 'metadata.annotations."mlo.dev/version"', before: '3', after: '4' },
      { path: 'metadata.labels."app.kubernetes.io/version"', before: '3', after: '4' },
      { path: 'spec.template.metadata.annotations."mlo.dev/version"', before: '3', after: '4' },
      { path: 'spec.template.metadata.labels."app.kubernetes.io/version"', before: '3', after: '4' },
      {
        path: 'spec.template.spec.containers[serve].image',
        before: 'registry.example.org/ml/late:3',
        after: 'registry.example.org/ml/late:4',
      },
      { path: 'spec.template.spec.containers[serve].resources.limits.memory', before: '512Mi', after: '2Gi' },
      {
        path: 'spec.template.spec.containers[serve].resources.requests.memory',
        before: '512Mi',
        after: '2Gi',
      },
    ]);
  });

  it('leaves the scale alone once an autoscaler owns it', async () => {
    const release = someRelease({ replicas: { min: 2, max: 6 } }, { name: 'late-scaled' });
    await apply(release);
    cluster.kubectl('scale', 'deployment/late-scaled', '--namespace=ml', '--replicas=5');
    expect(changesOf(await plan(release)).Deployment).toBe('unchanged');
  });

  it('reports a field somebody else owns as a conflict', async () => {
    const release = someRelease({ replicas: 2 }, { name: 'late-owned' });
    await apply(release);
    cluster.kubectl('scale', 'deployment/late-owned', '--namespace=ml', '--replicas=5');
    expect(changesOf(await plan(release)).Deployment).toMatch(/^refused: .*conflict.*\.spec\.replicas/);
  });

  it('says why each object is refused when the namespace is missing', async () => {
    const answers = Object.values(changesOf(await plan(someRelease({ namespace: 'nowhere' }))));
    expect(answers).toHaveLength(5);
    for (const answer of answers) expect(answer).toMatch(/^refused: .*namespaces "nowhere" not found/);
  });

  it('names the missing CRD of a ServiceMonitor and plans the rest', async () => {
    const changes = changesOf(await plan(someRelease({ service_monitor: true }, { name: 'late-watched' })));
    expect(changes.ServiceMonitor).toMatch(/^refused: .*ServiceMonitor/);
    expect(changes.Deployment).toBe('create');
  });

  it('refuses a misspelt field, so that the checks above can fail', async () => {
    const release = someRelease({}, { name: 'late-typo' });
    const objects = kubernetesObjects(release).map((object) =>
      object.kind === 'Service' ? { ...object, spec: { ...(object.spec as object), selectr: {} } } : object,
    );
    expect(changesOf(await plan(release, objects)).Service).toMatch(
      /^refused: .*\.spec\.selectr: field not declared in schema/,
    );
  });

  it('is compared by the command, which writes what kubectl applies', async () => {
    const made = await lineageProject();
    await made.write(
      'mlo.yaml',
      'models: {late: {path: models/late.onnx}}\n' +
        'environments: {prod: {target: kubernetes, namespace: ml, name: late-cli, image: "late:{version}"}}\n',
    );
    const options = { cwd: made.dir, env: { KUBECONFIG: cluster.kubeconfig } };
    const planned = await runCli(['deploy', 'plan', '-o', 'prod.yaml'], options);
    expect(planned.exitCode).toBe(0);
    expect(planned.stdout).toContain(
      `cluster test (${cluster.version}):\n  + create ServiceAccount/late-cli`,
    );
    cluster.kubectl('apply', '--server-side', '--field-manager=mlo', '-f', join(made.dir, 'prod.yaml'));
    const again = await runCli(['deploy', 'plan', '-o', 'prod.yaml'], options);
    expect(again.stdout).toContain('= unchanged Deployment/late-cli');
    expect(cluster.kubectl('get', 'deployment', 'late-cli', '-n', 'ml', '-o', 'json')).toContain(made.digest);
  });

  it('says that a context is not there', async () => {
    const project = await testProject();
    expect(
      await compareWithCluster({
        project: project.open(),
        objects: [],
        context: 'elsewhere',
        env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
      }),
    ).toEqual({ reachable: false, reason: 'context "elsewhere" does not exist' });
  });
});
