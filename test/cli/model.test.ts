import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelProject, recordRun } from '../support/registered-model.ts';
import { runCli } from '../support/run-cli.ts';
import { lateModel } from '../support/sample-models.ts';

it('register, promote, refuse, package, predict: text, JSON and exit codes', async () => {
  const { dir, project, write } = await modelProject();
  const cli = (...argv: string[]) => runCli(argv, { cwd: dir });
  const empty = await cli('model', 'list');
  expect([empty.exitCode, empty.stdout]).toEqual([0, expect.stringContaining('no models are registered')]);
  expect(await cli('model', 'show', 'late')).toMatchObject({
    exitCode: 12,
    stderr: expect.stringContaining('no model "late"'),
  });
  await recordRun(project, { model: lateModel(), metrics: { auc: 0.7 } });
  const registered = await cli('model', 'register', 'late', '--run', '@last', '--json');
  expect(registered.json()).toMatchObject({
    ok: true,
    result: { model: { ref: 'late/1', createdBy: 'Test <test@example.org>' } },
  });
  expect(await cli('model', 'promote', 'late@candidate', '--to', 'prod')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/pass {2}auc >= 0\.6: 0\.7[\s\S]*late@prod is now late\/1/),
  });
  await recordRun(project, { model: lateModel(1), metrics: { auc: 0.55 } });
  expect((await cli('model', 'register', 'late', '--run', '@last')).stdout).toMatch(
    /late\/2 registered[\s\S]*candidate/,
  );
  const refused = await cli('model', 'promote', 'late@candidate', '--to', 'prod', '--reason', 'try');
  expect(refused).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(/fail {2}auc >= 0\.6: 0\.55[\s\S]*refused: late\/2/),
  });
  expect((await cli('model', 'promote', 'late@candidate', '--json')).json()).toMatchObject({
    ok: true,
    result: { promoted: false },
  });
  expect((await cli('model', 'list')).stdout).toMatch(/late +2 +2 +candidate -> 2, prod -> 1/);
  expect((await cli('model', 'show', 'late@prod')).stdout).toMatch(/auc 0\.7[\s\S]*gate-refused/);

  expect(await cli('predict', 'late@prod', '--input', 'data/train.csv')).toMatchObject({
    exitCode: 12,
    stderr: expect.stringContaining('mlo package late@prod'),
  });
  const packed = (await cli('package', 'late@prod', '-o', 'bundle', '--json')).json().result;
  expect(packed).toMatchObject({ name: 'late', version: 1, existed: false });
  expect((await cli('package', 'late/1')).stdout).toContain(packed.digest);
  expect(await readFile(join(dir, 'bundle/README.md'), 'utf8')).toContain('# late, version 1');
  const scored = await cli(
    'predict',
    'late@prod',
    '--input',
    'data/train.csv',
    '--output',
    'out.csv',
    '--keep',
    'origin,hour',
  );
  expect(scored).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('120 rows scored with late/1'),
  });
  expect((await readFile(join(dir, 'out.csv'), 'utf8')).split('\n')[0]).toBe('origin,hour,probability');
  expect(
    (await cli('predict', './bundle', '--input', 'data/train.csv', '--json')).json().result,
  ).toMatchObject({ rows: 120, digest: packed.digest });
  expect(await cli('predict', 'late@prod')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('name the table to score'),
  });
  await write('short.csv', 'hour,origin\n1,ORD\n');
  expect(await cli('predict', 'late@prod', '--input', 'short.csv')).toMatchObject({
    exitCode: 12,
    stderr: expect.stringContaining('"distance"'),
  });
});
