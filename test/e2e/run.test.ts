import { expect, test } from 'vitest';
import { testProject } from '../support/project.ts';
import { MLO_BIN, runMlo } from '../support/run-cli.ts';

/** What a user's script does that knows mlo only as a program. */
const TRAIN = `
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const mlo = (...args) => execFileSync(process.execPath, [${JSON.stringify(MLO_BIN)}, ...args], { stdio: 'inherit' });
for (let step = 0; step < 3; step += 1) mlo('log', 'metric', 'loss', String(1 / (step + 1)), '--step', String(step));
mlo('log', 'param', 'lr', '0.5');
mlo('log', 'artifact', 'train.mjs');
writeFileSync('metrics.json', JSON.stringify({ auc: 0.75 }));
writeFileSync('model.bin', 'model');
console.log('trained', process.argv.slice(2).join(' '));
`;

test('a script logs to its own run through mlo log; everything is in one record', async () => {
  const project = await testProject();
  await project.write('train.mjs', TRAIN);
  await project.write('params.yaml', 'lr: 0.1\ntrain: {trees: 40}\n');
  const argv = [
    'run',
    '-n',
    'whole',
    '--output',
    'model.bin',
    '--',
    process.execPath,
    'train.mjs',
    '--lr',
    '0.1',
  ];
  const result = await runMlo(argv, { cwd: project.dir });
  expect(result.stderr).not.toContain('error');
  expect(result.exitCode).toBe(0);
  expect(result.stdout).toMatch(/^trained --lr 0\.1\nRecorded as run whole/);
  const shown = (await runMlo(['runs', 'show', '@last', '--json'], { cwd: project.dir })).json().result;
  expect(shown).toMatchObject({
    name: 'whole',
    status: 'FINISHED',
    // What the script itself logged is stronger than what params.yaml and the command line suggest.
    params: { lr: '0.5', 'train.trees': '40' },
    metrics: { auc: 0.75, loss: 1 / 3 },
    outputs: [{ path: 'model.bin', size: 5 }],
    environment: { node: process.version },
  });
  expect(shown.artifacts.map((file: { path: string }) => file.path)).toEqual(
    expect.arrayContaining(['git/untracked/train.mjs', 'output.log', 'train.mjs']),
  );
  expect(shown.metricDetails.find((metric: { key: string }) => metric.key === 'loss')).toMatchObject({
    points: 3,
    step: 2,
  });
});
