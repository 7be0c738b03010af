import { describe, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../support/run-cli.ts';
import { testProject, type TestProject } from '../../support/project.ts';

async function recorded(): Promise<{ project: TestProject; mlo: (...argv: string[]) => Promise<CliResult> }> {
  const project = await testProject();
  const mlo = (...argv: string[]): Promise<CliResult> => runCli(argv, { cwd: project.dir });
  const train = (name: string, trees: number, auc: number): Promise<CliResult> =>
    mlo(
      'run',
      '-n',
      name,
      '-P',
      `trees=${trees}`,
      '--',
      'sh',
      '-c',
      `echo '{"auc": ${auc}, "loss": 0.5}' > metrics.json`,
    );
  expect((await train('small', 40, 0.7125)).exitCode).toBe(0);
  expect((await train('large', 120, 0.735)).exitCode).toBe(0);
  return { project, mlo };
}

describe('mlo run', () => {
  test('says what was recorded; --json gives it as data', async () => {
    const project = await testProject();
    const script = `echo '{"auc": 0.5}' > metrics.json; echo hello; echo x > model.bin`;
    const argv = ['run', '-n', 'first', '-P', 'lr=0.1', '--output', 'model.bin', '--', 'sh', '-c', script];
    const text = await runCli(argv, { cwd: project.dir });
    expect(text.stdout).toMatch(
      /^hello\nRecorded as run first in .*: 1 param, 1 metric\n  auc {2}0\.5\n  model\.bin stored \(2 B\)\n/,
    );
    const json = await runCli(['--json', ...argv], { cwd: project.dir });
    expect(json.json()).toMatchObject({
      ok: true,
      result: { name: 'first', status: 'FINISHED', exitCode: 0, metrics: { auc: 0.5 }, problems: [] },
    });
    expect(json.stderr).toContain('hello');
  });

  test('options of the command stay its own', async () => {
    const project = await testProject();
    const result = await runCli(['run', 'echo', '--json', '-q', '--name', 'x'], { cwd: project.dir });
    expect(result.stdout).toContain('--json -q --name x\n');
  });

  test('a failing command: exit 17, its own code in the details', async () => {
    const project = await testProject();
    const result = await runCli(['run', '--json', '--', 'sh', '-c', 'exit 5'], { cwd: project.dir });
    expect(result.exitCode).toBe(17);
    expect(result.json()).toMatchObject({
      ok: false,
      error: { code: 'MLO_COMMAND_FAILED', details: { exitCode: 5, status: 'FAILED' } },
    });
  });

  test('something that could not be recorded: exit 4', async () => {
    const project = await testProject();
    const result = await runCli(['run', '--output', 'nothing', '--', 'true'], { cwd: project.dir });
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain('nothing');
  });

  test('without a command: usage', async () => {
    const project = await testProject();
    expect((await runCli(['run'], { cwd: project.dir })).exitCode).toBe(2);
  });

  test('outside a project: exit 10', async () => {
    expect((await runCli(['run', '--', 'true'], { cwd: '/' })).exitCode).toBe(10);
  });
});

describe('mlo runs', () => {
  test('list: a table within 100 columns', async () => {
    const { mlo } = await recorded();
    const { stdout } = await mlo('runs', 'list');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^RUN +NAME +STATUS +STARTED +TOOK +auc +loss$/);
    expect(lines[1]).toMatch(
      /^[0-9a-f]{8} {2}large {2}FINISHED {2}\d{4}-\d\d-\d\d \d\d:\d\d +\d.* 0\.735 +0\.5$/,
    );
    expect(lines[2]).toMatch(/small.* 0\.7125 +0\.5$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('list: many metrics are cut to what fits, and named', async () => {
    const { mlo } = await recorded();
    const names = Array.from({ length: 30 }, (_, i) => `metric_number_${i}=1`);
    expect((await mlo('log', 'metric', ...names, '--run', '@last')).exitCode).toBe(0);
    const lines = (await mlo('runs', 'list')).stdout.trimEnd().split('\n');
    for (const line of lines.slice(0, 3)) expect(line.length).toBeLessThanOrEqual(100);
    expect(lines.at(-1)).toMatch(/^not shown: .* and \d+ more \(--columns\)$/);
  });

  test('list: chosen columns, params, order, limit, as data', async () => {
    const { mlo } = await recorded();
    expect((await mlo('runs', 'list', '--columns', 'auc,trees')).stdout).toMatch(/TOOK +auc +trees\n/);
    expect((await mlo('runs', 'list', '--params')).stdout).toMatch(/auc +loss +trees\n/);
    const best = await mlo('runs', 'list', '--sort', 'auc:asc', '--limit', '1', '--json');
    expect(best.json().result.runs).toMatchObject([
      { name: 'small', metrics: { auc: 0.7125 }, params: { trees: '40' } },
    ]);
  });

  test('list: nothing yet says how to begin', async () => {
    const project = await testProject();
    expect((await runCli(['runs', 'list'], { cwd: project.dir })).stdout).toContain('mlo run --');
  });

  test('show: what was recorded', async () => {
    const { mlo } = await recorded();
    const { stdout } = await mlo('runs', 'show', '@best(auc)');
    expect(stdout).toMatch(/^large {2}FINISHED\n/);
    for (const part of [
      'experiment',
      'Metrics',
      'auc',
      '0.735',
      'Params',
      'trees',
      '120',
      'Environment',
      'host',
    ]) {
      expect(stdout).toContain(part);
    }
    expect((await mlo('runs', 'show', 'lage')).stderr).toContain('did you mean large');
    expect((await mlo('runs', 'show', 'lage')).exitCode).toBe(12);
  });

  test('compare: what differs, with the change; the same in one line', async () => {
    const { mlo } = await recorded();
    const { stdout } = await mlo('runs', 'compare');
    expect(stdout).toMatch(/^ +small +large\n/);
    expect(stdout).toMatch(/Metrics\n {2}auc {2}0\.7125 {2}0\.735 {3}\+0\.0225\n {2}the same: loss\n/);
    expect(stdout).toMatch(/Params\n {2}trees {2}40 {2}120\n/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    const json = await mlo('runs', 'compare', 'large', 'small', '--json');
    expect(json.json().result.metrics[0]).toMatchObject({ key: 'auc', values: [0.735, 0.7125] });
    expect((await mlo('runs', 'compare', 'large')).exitCode).toBe(2);
  });
});

describe('mlo log', () => {
  test('metric: forms, negative numbers, NaN; says nothing', async () => {
    const { mlo } = await recorded();
    const run = ['--run', 'small'];
    expect(await mlo('log', 'metric', 'a', '-0.5', '--step', '3', ...run)).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    await mlo('log', 'metric', 'b=1e-3', 'c=nan', 'd=-inf', ...run);
    expect((await mlo('runs', 'show', 'small', '--json')).json().result.metrics).toMatchObject({
      a: -0.5,
      b: 0.001,
      c: 'NaN',
      d: '-Infinity',
    });
  });

  test.each([
    [['log', 'metric', 'a', 'high', '--run', 'small'], 2],
    [['log', 'metric', 'a', '--run', 'small'], 2],
    [['log', 'metric', 'a', '1'], 2],
    [['log', 'metric', 'a', '1', '--run', 'nobody'], 12],
    [['log', 'artifact', 'nowhere', '--run', 'small'], 12],
  ])('%j: exit %d', async (argv, exitCode) => {
    const { mlo } = await recorded();
    expect((await mlo(...argv)).exitCode).toBe(exitCode);
  });

  test('param: another value is a conflict that names both', async () => {
    const { mlo } = await recorded();
    expect((await mlo('log', 'param', 'lr', '0.1', '--run', 'small')).exitCode).toBe(0);
    expect((await mlo('log', 'param', 'lr=0.1', 'new=x', '--run', 'small')).exitCode).toBe(0);
    const conflict = await mlo('log', 'param', 'lr', '0.2', '--run', 'small');
    expect(conflict.exitCode).toBe(13);
    expect(conflict.stderr).toMatch(/"lr".*"0\.1".*"0\.2"/);
  });

  test('the current run is the one the environment names', async () => {
    const { project, mlo } = await recorded();
    const { runId } = (await mlo('runs', 'show', 'small', '--json')).json().result;
    const env = { MLO_RUN_ID: String(runId) };
    await runCli(['log', 'metric', 'live', '7'], { cwd: project.dir, env });
    await project.write('plot.txt', 'x');
    await runCli(['log', 'artifact', 'plot.txt'], { cwd: project.dir, env });
    expect((await mlo('runs', 'show', 'small', '--json')).json().result).toMatchObject({
      metrics: { live: 7 },
      artifacts: expect.arrayContaining([expect.objectContaining({ path: 'plot.txt' })]),
    });
  });
});
