import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageModel } from '#features/packaging/index.ts';
import { absolutePath } from '#foundation/paths.ts';
import { lineageProject } from '../support/lineage-project.ts';
import { runMlo, startMlo } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Probe {
  readonly httpGet: { readonly path: string };
}

describe('the container of a planned Deployment', () => {
  it('starts with its own arguments on the exported bundle, and answers its probes', async () => {
    const made = await lineageProject();
    await made.write(
      'mlo.yaml',
      'models: {late: {path: models/late.onnx}}\nenvironments: {prod: {target: kubernetes, image: "late:{version}"}}\n',
    );
    const planned = await runMlo(['deploy', 'plan', '--offline', '--json'], { cwd: made.dir });
    const deployment = planned
      .json()
      .result.objects.find((one: { kind: string }) => one.kind === 'Deployment');
    const [container] = deployment.object.spec.template.spec.containers;
    expect(container.command).toEqual(['mlo']);

    // In the pod: /bundle of the image, and no project around it.
    const bundle = join(await tempDir(), 'bundle');
    const said = { by: 'test', now: 0, engine: 'auto' } as const;
    await packageModel({ ...said, project: made.project, ref: 'late@prod', out: absolutePath('/', bundle) });
    const args = (container.args as string[])
      .map((word) => word.replace('/bundle', bundle))
      .map((word, index, all) => (all[index - 1] === '--port' ? '0' : word));
    const { child, done } = startMlo([...args, '--json'], {
      cwd: await tempDir(),
      env: Object.fromEntries(
        container.env.map((one: { name: string; value: string }) => [one.name, one.value]),
      ),
    });
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout?.on('data', (chunk: string) => {
        text += chunk;
        const listening = /"url":"http:\/\/[^"]*:(\d+)"/.exec(text);
        if (listening !== null) resolve(`http://127.0.0.1:${listening[1] ?? ''}`);
      });
      void done.then((end) => reject(new Error(`ended early: ${end.stderr}`)));
    });
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      const { httpGet } = container[probe] as Probe;
      expect((await fetch(url + httpGet.path)).status, probe).toBe(200);
    }
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await done).toMatchObject({ exitCode: 0 });
  });
});
