import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { lineageProject, replaceInFiles, type LineageProject } from '../support/lineage-project.ts';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const ENVIRONMENTS = `models: {late: {path: models/late.onnx}}
environments:
  prod:
    target: kubernetes
    namespace: ml
    image: registry.example.org/ml/late:{version}
`;

async function project(text = ENVIRONMENTS): Promise<LineageProject> {
  const made = await lineageProject();
  await made.write('mlo.yaml', text);
  return made;
}

/** No cluster: nothing but this test's own kubeconfig counts. */
function plan(made: LineageProject, ...args: string[]): Promise<CliResult> {
  return runCli(['deploy', 'plan', ...args], {
    cwd: made.dir,
    env: { KUBECONFIG: join(made.dir, 'no-kubeconfig') },
  });
}

describe('mlo deploy plan', () => {
  it('prints objects that kubectl reads, the same bytes each time, and says that no cluster was asked', async () => {
    const made = await project();
    const first = await plan(made);
    expect(first.exitCode).toBe(0);
    const documents = parseAllDocuments(first.stdout).map((document) => document.toJS() as { kind: string });
    expect(documents.map((object) => object.kind)).toEqual([
      'ServiceAccount',
      'NetworkPolicy',
      'Service',
      'Deployment',
      'PodDisruptionBudget',
    ]);
    expect(first.stdout).toContain('image: registry.example.org/ml/late:1\n');
    expect(first.stdout).toContain(`mlo.dev/bundle-digest: ${made.digest}\n`);
    expect(first.stdout).toContain(`mlo.dev/run-id: ${made.runId}\n`);
    expect(first.stdout).toMatch(/# rendered only, not compared with a cluster: .+\n$/);
    expect((await plan(made, '--env', 'prod', '--model', 'late/1')).stdout).toBe(first.stdout);
  });

  it('warns of what must exist: the image with mlo and the bundle', async () => {
    const made = await project();
    const { stderr } = await plan(made, '--offline');
    expect(stderr).toContain('the image registry.example.org/ml/late:1 must exist and hold the mlo program');
    expect(stderr).toContain(made.digest);
    expect(stderr).toContain('mlo package late/1 -o bundle');
  });

  it('warns of an image name that stays the same for every version', async () => {
    const made = await project(ENVIRONMENTS.replace('{version}', 'latest'));
    expect((await plan(made, '--offline')).stderr).toContain('has the same name for every version');
  });

  it('writes a file, or <env>.yaml into a folder, and then prints the summary only', async () => {
    const made = await project();
    const toFile = await plan(made, '--offline', '-o', 'out/objects.yaml');
    expect(toFile.stdout).not.toContain('apiVersion');
    expect(toFile.stdout).toContain(
      '5 objects: ServiceAccount, NetworkPolicy, Service, Deployment, PodDisruptionBudget',
    );
    await plan(made, '--offline', '-o', 'out');
    const text = await readFile(join(made.dir, 'out/prod.yaml'), 'utf8');
    expect(text).toBe(await readFile(join(made.dir, 'out/objects.yaml'), 'utf8'));
    expect(parseAllDocuments(text)).toHaveLength(5);
  });

  it('gives the same as data', async () => {
    const made = await project();
    const { result } = (await plan(made, '--offline', '--json')).json();
    expect(result).toMatchObject({
      environment: 'prod',
      model: 'late',
      version: 1,
      bundleDigest: made.digest,
      modelId: made.modelId,
      gitCommit: made.commit,
      cluster: { reachable: false, reason: 'not asked: --offline' },
      file: null,
    });
    expect(result.objects.map((object: { name: string }) => object.name)).toEqual(Array(5).fill('late'));
    expect(result.warnings[0].code).toBe('image-holds-bundle');
  });

  it.each([
    ['stages: {}\n', 2, 'mlo.yaml declares no environments'],
    [ENVIRONMENTS.replace(/ *image:.*\n/, ''), 2, 'mlo.yaml:3:3: environments.prod.image is missing'],
    [
      ENVIRONMENTS.replace(/image: .*/, 'image: registry/late:<digest>'),
      2,
      'mlo.yaml:6:12: environments.prod.image: an image reference',
    ],
    [ENVIRONMENTS.replace(/models:.*\n/, ''), 2, 'environments.prod.model is missing'],
    [
      ENVIRONMENTS.replace('image:', 'model: late@canary\n    image:'),
      12,
      'model "late" has no alias "canary"',
    ],
    [
      `${ENVIRONMENTS}  staging: {target: kubernetes}\n`,
      2,
      'which environment? mlo.yaml declares prod, staging',
    ],
    ['environments: [prod]\n', 2, 'mlo.yaml:1:15'],
  ])('refuses mlo.yaml %#', async (text, exitCode, message) => {
    const made = await project(text);
    const refused = await plan(made, '--offline');
    expect(refused).toMatchObject({ exitCode, stdout: '' });
    expect(refused.stderr).toContain(message);
    expect(refused.stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses an unknown environment, and two that would share their objects', async () => {
    const made = await project(
      `${ENVIRONMENTS}  blue: {target: kubernetes, namespace: ml, image: "late:{version}", model: late/1}\n`,
    );
    expect(await plan(made, '--env', 'green')).toMatchObject({ exitCode: 12 });
    const shared = await plan(made, '--env', 'prod');
    expect(shared.exitCode).toBe(2);
    expect(shared.stderr).toContain('environments.blue and environments.prod would share the objects "late"');
  });

  it('refuses a model that is not packaged, and a bundle that is damaged', async () => {
    const made = await project();
    expect(
      await replaceInFiles(join(made.project.paths.storeDir, 'packs'), made.commit, 'f'.repeat(40)),
    ).toBeGreaterThan(0);
    expect(await plan(made, '--offline')).toMatchObject({ exitCode: 14, stdout: '' });
  });

  it('answers 3 when the API server would refuse an object, and shows each change', async () => {
    const made = await project();
    // The real API server is asked in test/slow/kubernetes.test.ts.
    const bin = await fakeKubectl(`
      case "$*" in
        *current-context*) echo test ;;
        *version*) echo '{"serverVersion": {"gitVersion": "v1.29.0"}}' ;;
        *" get Service.v1. "*) echo '{"kind": "Service", "spec": {"type": "NodePort"}}' ;;
        *" get "*) ;;
        *apply*) object=$(cat); case "$object" in *PodDisruptionBudget*) echo 'Error from server (Forbidden): not allowed' >&2; exit 1 ;; esac
          echo '{"kind": "Service", "spec": {"type": "ClusterIP"}}' ;;
      esac`);
    const answer = await runCli(['deploy', 'plan', '-o', 'x.yaml'], {
      cwd: made.dir,
      env: { PATH: `${bin}:${process.env.PATH ?? ''}` },
    });
    expect(answer.exitCode).toBe(3);
    expect(answer.stdout).toContain('cluster test (v1.29.0):');
    expect(answer.stdout).toContain('+ create Deployment/late');
    expect(answer.stdout).toContain('~ update Service/late\n      spec.type: "NodePort" -> "ClusterIP"');
    expect(answer.stdout).toContain('! refused PodDisruptionBudget/late');
    expect(answer.stdout).toContain(
      'refused (PodDisruptionBudget): Error from server (Forbidden): not allowed',
    );
    expect(answer.stderr).toContain('need Kubernetes 1.30 or newer');
    expect(existsSync(join(made.dir, 'x.yaml'))).toBe(true);
  });

  it('goes on without kubectl', async () => {
    const made = await project();
    const git = await tempDir();
    await writeFile(join(git, 'git'), '#!/bin/sh\nexec /usr/bin/git "$@"\n');
    await chmod(join(git, 'git'), 0o755);
    const answer = await runCli(['deploy', 'plan'], { cwd: made.dir, env: { PATH: git } });
    expect(answer.exitCode).toBe(0);
    expect(answer.stdout).toContain(
      '# rendered only, not compared with a cluster: command not found: kubectl',
    );
  });
});

async function fakeKubectl(script: string): Promise<string> {
  const bin = join(await tempDir(), 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, 'kubectl'), 0o755);
  return bin;
}
