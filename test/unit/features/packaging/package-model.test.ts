import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerModel } from '#features/models/index.ts';
import { openBundle, openBundleDir, packageModel, referenceProfile } from '#features/packaging/index.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { contentIdOf } from '#foundation/hash.ts';
import type { Project } from '#stores/project.ts';
import { onnxModel } from '../../../support/onnx-model.ts';
import {
  BY,
  MODEL_YAML,
  modelProject,
  NOW,
  recordRun,
  registerFromRun,
} from '../../../support/registered-model.ts';
import { batchMeanModel, freeShapeModel, lateModel, matrixModel } from '../../../support/sample-models.ts';

const pack = (project: Project, ref = 'late', out?: AbsolutePath, now = NOW) =>
  packageModel({ project, ref, out, engine: 'auto', by: BY, now });

async function registered() {
  const made = await modelProject();
  const { runId, modelId } = await recordRun(made.project, { model: lateModel(), metrics: { auc: 0.7 } });
  await registerFromRun(made.project, runId, made.dir);
  return { ...made, runId, modelId };
}

describe('packageModel', () => {
  it('gives the same digest again, whatever happened to the workspace and the clock meanwhile', async () => {
    const { project, dir, write } = await registered();
    const first = await pack(project);
    expect(first).toMatchObject({ name: 'late', version: 1, existed: false });
    await write('models/late.onnx', lateModel(5));
    await write('data/train.csv', 'hour,distance,origin\n1,2,XXX\n');
    const again = await pack(project, 'late@candidate', join(dir, 'out') as AbsolutePath, NOW + 86_400_000);
    expect(again).toMatchObject({ digest: first.digest, treeId: first.treeId, existed: true });
    const events = await (await project.registry()).listEvents('late');
    expect(events.filter((event) => event.type === 'packaged')).toHaveLength(1);
  });

  it('lists and checks everything: sha256sum agrees, the manifest names the digest, nothing private is inside', async () => {
    const { project, dir, runId, modelId } = await registered();
    const out = join(dir, 'bundle') as AbsolutePath;
    const { digest } = await pack(project, 'late/1', out);
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out });
    const manifestBytes = await readFile(join(out, 'mlo-bundle.json'));
    expect(contentIdOf(manifestBytes)).toBe(digest);
    const manifest = JSON.parse(manifestBytes.toString());
    expect(manifest).toMatchObject({
      mlo_bundle: 1,
      name: 'late',
      version: 1,
      model: { id: modelId },
      run: runId,
      commit: 'c'.repeat(40),
      data: [{ path: 'data/train.csv' }],
      batching: 'exact',
    });
    const files = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    expect(files).toHaveLength(manifest.files.length + 2);
    for (const file of manifest.files) {
      const text = await readFile(join(out, file.path), 'latin1');
      expect(text).not.toContain(dir);
      expect(text).not.toContain('/home/somebody');
    }
    const provenance = JSON.parse(await readFile(join(out, 'provenance.json'), 'utf8'));
    expect(provenance.run).toMatchObject({ id: runId, params: { trees: '60' }, metrics: { auc: 0.7 } });
    const sbom = JSON.parse(await readFile(join(out, 'sbom.cdx.json'), 'utf8'));
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { type: 'machine-learning-model' } },
    });
  });

  it('records the answer to the example', async () => {
    const { project } = await registered();
    await pack(project);
    const bundle = await openBundle({ project, ref: 'late@candidate' });
    const text = async (path: string) => JSON.parse(new TextDecoder().decode(await bundle.readFile(path)));
    expect(await text('examples/request.json')).toMatchObject({
      inputs: [
        { name: 'hour', datatype: 'INT64', shape: [2, 1], data: [18, 6] },
        { name: 'distance', datatype: 'FP32' },
        { name: 'origin', datatype: 'BYTES', data: ['ORD', 'ZZZ'] },
      ],
    });
    const { outputs } = await text('examples/response.json');
    expect(outputs[0].data[0]).toBeCloseTo(1 / (1 + Math.exp(-(18 * 0.07 - 0.15 + 0.9 - 1))), 5);
  });

  it('carries the profile of the data the run read, not of the workspace', async () => {
    const { project, write } = await registered();
    await write('data/train.csv', 'hour,distance,origin\n1,2,XXX\n');
    await pack(project);
    const { profile, name, version } = await referenceProfile({ project, ref: 'late' });
    expect({ name, version, rows: profile.rows }).toEqual({ name: 'late', version: 1, rows: 120 });
    expect(profile.columns.map((column) => column.name)).toEqual(['hour', 'distance', 'origin', 'late']);
  });
});

describe('models that cannot be packaged, or not be batched', () => {
  const withModel = async (bytes: Uint8Array, yaml = 'models:\n  m:\n    path: m.onnx\n') => {
    const made = await modelProject(yaml);
    await made.write('m.onnx', bytes);
    await registerModel({ project: made.project, name: 'm', cwd: made.dir, by: BY, now: NOW });
    return made;
  };

  it.each([
    ['batch statistics', batchMeanModel(), 'none'],
    ['no fixed width', freeShapeModel(), 'none'],
    ['a matrix', matrixModel(), 'exact'],
  ] as const)('%s -> %s', async (_name, bytes, batching) => {
    const { project } = await withModel(bytes);
    await pack(project, 'm');
    expect((await openBundle({ project, ref: 'm' })).manifest.batching).toBe(batching);
  });

  it('refuses sequences of maps and says how to export instead', async () => {
    const { project } = await withModel(
      onnxModel({
        inputs: [{ name: 'x', type: 'float32', shape: ['N', 2] }],
        outputs: [{ name: 'p', sequenceOfMaps: true }],
        nodes: [
          {
            op: 'ZipMap',
            domain: 'ai.onnx.ml',
            inputs: ['x'],
            outputs: ['p'],
            attributes: { classlabels_int64s: { ints: [0, 1] } },
          },
        ],
      }),
    );
    await expect(pack(project, 'm')).rejects.toMatchObject({
      code: 'MLO_NOT_A_TENSOR',
      hint: expect.stringContaining('zipmap'),
    });
  });

  it('refuses paths of the training machine in the metadata', async () => {
    const { project } = await withModel(lateModel(0, { source: '/home/ann/train.py' }));
    await expect(pack(project, 'm')).rejects.toMatchObject({
      code: 'MLO_PACKAGE_REFUSED',
      message: expect.stringContaining('"source"'),
    });
  });

  it('refuses a file that is no ONNX model, an example that does not fit, and what is not there', async () => {
    const made = await modelProject(MODEL_YAML);
    await made.write('model.pkl', 'pickle');
    const base = { project: made.project, cwd: made.dir, by: BY, now: NOW };
    await registerModel({ ...base, name: 'pickled', path: 'model.pkl' });
    await expect(pack(made.project, 'pickled')).rejects.toMatchObject({ code: 'MLO_NOT_ONNX' });
    await registerModel({ ...base, name: 'late' });
    await made.write('models/example.json', JSON.stringify({ instances: [{ hour: 'x' }] }));
    await expect(pack(made.project)).rejects.toMatchObject({ code: 'MLO_BAD_REQUEST' });
    await made.write('models/example.json', '{"instances": [{"hour": 1, "distance": 2, "origin": "A"}]}');
    await made.write('mlo.yaml', MODEL_YAML.replace('data/train.csv', 'data/nowhere.csv'));
    await expect(pack(made.project)).rejects.toMatchObject({ code: 'MLO_NO_FILE' });
    await expect(openBundle({ project: made.project, ref: 'late' })).rejects.toMatchObject({
      code: 'MLO_NOT_PACKAGED',
      hint: 'mlo package late',
    });
  });
});

describe('an exported bundle', () => {
  it('opens, and any changed, missing or added byte is an integrity error', async () => {
    const { project, dir } = await registered();
    const out = join(dir, 'bundle') as AbsolutePath;
    const { digest } = await pack(project, 'late', out);
    expect((await openBundleDir(out)).digest).toBe(digest);
    const card = join(out, 'README.md');
    await writeFile(card, `${await readFile(card, 'utf8')} `);
    await expect(openBundleDir(out)).rejects.toMatchObject({
      kind: 'integrity',
      details: { path: 'README.md' },
    });
    await expect(openBundleDir(dir)).rejects.toMatchObject({ code: 'MLO_NO_PACKAGE' });
    const manifest = join(out, 'mlo-bundle.json');
    await writeFile(
      manifest,
      (await readFile(manifest, 'utf8')).replace('"path": "README.md"', '"path": "../../etc/passwd"'),
    );
    await expect(openBundleDir(out)).rejects.toMatchObject({ code: 'MLO_UNSAFE_PATH' });
  });
});
