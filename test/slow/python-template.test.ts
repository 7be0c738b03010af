import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordNotDone } from '../../scripts/verification.mjs';
import { MLO_BIN, PACKAGE_DIR } from '../support/run-cli.ts';
import { recordSuite } from '../support/verification.ts';

const VENV = join(PACKAGE_DIR, '.tools/python-template');
const CHECK = {
  check: 'init --template python: the whole road with scikit-learn',
  peer: 'scikit-learn, skl2onnx, onnxruntime (Python)',
  command: 'npx vitest run --config vitest.slow.config.ts test/slow/python-template.test.ts',
};

/** Undefined when the template's packages are installed, else why not. */
function missing(): string | undefined {
  const requirements = join(PACKAGE_DIR, 'templates/python/requirements.txt');
  const commands: [string, string[]][] = [
    ['python3', ['-m', 'venv', VENV]],
    [join(VENV, 'bin/pip'), ['install', '--quiet', '--requirement', requirements]],
  ];
  for (const [program, argv] of commands) {
    const { status, stderr, error } = spawnSync(program, argv, { encoding: 'utf8' });
    if (status !== 0) return `${program}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? ''}`;
  }
  return undefined;
}

const reason = missing();
if (reason !== undefined) {
  await recordNotDone({ ...CHECK, reason });
  process.stderr.write(`skipped: ${reason}\n`);
}

describe.skipIf(reason !== undefined)('the Python template', () => {
  let dir = '';
  const sh = (command: string): string => {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', `set -e\n${command}`], {
      cwd: dir,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${join(VENV, 'bin')}:${process.env.PATH ?? ''}`,
        GIT_AUTHOR_NAME: 'Reader',
        GIT_AUTHOR_EMAIL: 'reader@example.org',
        GIT_COMMITTER_NAME: 'Reader',
        GIT_COMMITTER_EMAIL: 'reader@example.org',
      },
    });
    expect(status, `$ ${command}\n${stdout}\n${stderr}`).toBe(0);
    return stdout;
  };
  const mlo = (line: string): string => sh(`'${process.execPath}' '${MLO_BIN}' ${line}`);

  recordSuite(() => {
    const show = spawnSync(join(VENV, 'bin/pip'), ['list', '--format=json'], { encoding: 'utf8' });
    const installed = JSON.parse(show.stdout) as { name: string; version: string }[];
    const version = ['scikit-learn', 'skl2onnx', 'onnxruntime']
      .map((name) => installed.find((one) => one.name === name)?.version ?? '?')
      .join(', ');
    return { ...CHECK, version };
  });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mlo-python-'));
    sh('git init --quiet .');
    mlo('init --template python');
    sh('git add --all && git commit --quiet --message Tumours');
  });

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('trains, and runs nothing twice', () => {
    mlo('repro');
    expect(mlo('repro')).toContain('up to date');
    sh('git add --all && git commit --quiet --message Results');
    const { result } = JSON.parse(mlo('runs show @last --json')) as { result: { metrics: { auc: number } } };
    expect(result.metrics.auc).toBeGreaterThan(0.985);
  });

  it('is registered through its gate, packaged, and scores as Python does', () => {
    mlo('model register tumour --run @last');
    mlo('model promote tumour@candidate --to prod');
    mlo('package tumour@prod');
    mlo('predict tumour@prod --input data/test.csv --output scores.csv');
    const compared = sh(`python - <<'PY'
import json, numpy, onnxruntime, pandas
session = onnxruntime.InferenceSession('models/tumour.onnx')
rows = pandas.read_csv('data/test.csv')
names = json.load(open('models/signature.json'))['columns'] if len(session.get_inputs()) == 1 else None
if names:
    feed = {session.get_inputs()[0].name: rows[[c['name'] for c in names]].to_numpy(numpy.float32)}
else:
    feed = {i.name: rows[[i.name]].to_numpy(numpy.float32) for i in session.get_inputs()}
label = session.run(None, feed)[0].reshape(-1)
scores = pandas.read_csv('scores.csv')
print(len(scores), int((scores[[c for c in scores.columns if 'label' in c][0]].to_numpy() == label).sum()))
PY`);
    const [rows, equal] = compared.trim().split(' ').map(Number);
    expect(rows).toBeGreaterThan(100);
    expect(equal).toBe(rows);
  });

  it('is traced back to its code and data', () => {
    expect(mlo('trace tumour@prod')).toMatch(/\d+ edges verified/);
  });
});
