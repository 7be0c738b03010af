import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MloEvent } from '#foundation/events.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { addPaths } from '#features/data/index.ts';
import { runCommand, showRun, type RunCommandOptions, type RunDetails } from '#features/runs/index.ts';
import { testProject, type TestProject } from '../../../support/project.ts';

interface Recorded {
  readonly run: RunDetails;
  readonly error:
    | { readonly code: string; readonly kind: string; readonly details: Record<string, unknown> }
    | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly stdout: string;
}

async function record(
  project: TestProject,
  command: string | readonly string[],
  more: Partial<RunCommandOptions> = {},
): Promise<Recorded> {
  const events: MloEvent[] = [];
  const opened = project.open();
  const options: RunCommandOptions = {
    project: opened,
    command: typeof command === 'string' ? ['sh', '-c', command] : command,
    cwd: project.dir,
    env: { PATH: process.env.PATH },
    params: [],
    paramFiles: [],
    inputs: [],
    outputs: [],
    metricFiles: [],
    captureMetrics: false,
    report: (event) => void events.push(event),
    ...more,
  };
  let error: Recorded['error'];
  let problems: readonly string[] = [];
  try {
    problems = (await runCommand(options)).problems;
  } catch (thrown) {
    error = thrown as Recorded['error'];
  }
  return {
    run: await showRun({ project: opened, ref: '@last' }),
    error,
    problems,
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
    stdout: events.flatMap((event) => (event.type === 'output' ? [event.chunk] : [])).join(''),
  };
}

async function artifact(project: TestProject, run: RunDetails, path: string): Promise<string> {
  const file = run.artifacts.find((each) => each.path === path);
  if (file === undefined)
    throw new Error(`${path} is not among ${run.artifacts.map((each) => each.path).join(', ')}`);
  return Buffer.from(await (await project.open().store()).readBytes(file.id)).toString('utf8');
}

const at = (project: TestProject, path: string): AbsolutePath => join(project.dir, path) as AbsolutePath;

describe('how it ended', () => {
  test('a good end: FINISHED, with its output as an artifact', async () => {
    const project = await testProject();
    const { run, stdout, error } = await record(project, 'echo out; echo err >&2', {
      name: 'first',
      user: 'Ada',
    });
    expect(error).toBeUndefined();
    expect(stdout).toContain('out\n');
    expect(run).toMatchObject({
      name: 'first',
      experiment: 'Default',
      status: 'FINISHED',
      exitCode: 0,
      user: 'Ada',
      command: `sh -c 'echo out; echo err >&2'`,
    });
    expect((await artifact(project, run, 'output.log')).split('\n').sort()).toEqual(['', 'err', 'out']);
    expect(await readdir(at(project, '.mlo/runs'))).toEqual([]);
  });

  test('a failing command: FAILED, exit 17 with its own code', async () => {
    const { run, error } = await record(await testProject(), 'echo before; exit 3');
    expect(run).toMatchObject({ status: 'FAILED', exitCode: 3 });
    expect(error).toMatchObject({
      kind: 'child',
      code: 'MLO_COMMAND_FAILED',
      details: { exitCode: 3, endedBy: null, runId: run.runId },
    });
  });

  test('a command killed by a signal: KILLED, and by which', async () => {
    const { run, error } = await record(await testProject(), 'kill -9 $$');
    expect(run).toMatchObject({ status: 'KILLED', exitCode: null, tags: { 'mlo.signal': 'SIGKILL' } });
    expect(error).toMatchObject({ kind: 'child', details: { endedBy: 'SIGKILL' } });
  });

  test('a command that does not exist is recorded, too', async () => {
    const { run, error } = await record(await testProject(), ['no-such-program']);
    expect(run).toMatchObject({ status: 'FAILED', exitCode: 127, command: 'no-such-program' });
    expect(error).toMatchObject({ kind: 'child', code: 'MLO_COMMAND_NOT_FOUND' });
  });

  test('Ctrl-C: the command ends, KILLED, what it had printed is kept', async () => {
    const project = await testProject();
    const stop = new AbortController();
    const { run, error } = await record(project, 'echo started; sleep 60', {
      signal: stop.signal,
      report: (event) => {
        if (event.type === 'output') stop.abort('SIGINT');
      },
    });
    expect(run).toMatchObject({ status: 'KILLED', exitCode: null });
    expect(error).toMatchObject({ kind: 'aborted', details: { signal: 'SIGINT', runId: run.runId } });
    expect(await artifact(project, run, 'output.log')).toBe('started\n');
  });

  test('one word with spaces goes through the shell', async () => {
    const { run, stdout } = await record(await testProject(), ['echo a | tr a b']);
    expect(stdout).toBe('b\n');
    expect(run.command).toBe('echo a | tr a b');
  });

  test('no command is a usage error and records nothing', async () => {
    const project = await testProject();
    await expect(record(project, [])).rejects.toMatchObject({ code: 'MLO_NO_SUCH_RUN' });
  });
});

describe('params', () => {
  test('-P before the command line before --params before params.yaml', async () => {
    const project = await testProject();
    await project.write(
      'params.yaml',
      'a: yaml\nb: yaml\nc: yaml\nd: yaml\nmodel: {layers: [1, 2], drop: null}\n',
    );
    await project.write('extra.json', '{"b": "file", "c": "file", "d": "file"}');
    const { run } = await record(project, ['sh', '-c', 'true', '--c', 'line', '--d=line'], {
      params: ['d=said', 'e=a=b'],
      paramFiles: [at(project, 'extra.json')],
    });
    expect(run.params).toEqual({
      a: 'yaml',
      b: 'file',
      c: 'line',
      d: 'said',
      e: 'a=b',
      'model.layers': '[1,2]',
      'model.drop': 'null',
    });
  });

  test('a broken params.yaml nobody asked for is one warning with its place', async () => {
    const project = await testProject();
    await project.write('params.yaml', 'a: [1\n');
    const { run, warnings, problems } = await record(project, 'true');
    expect(run.status).toBe('FINISHED');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/params\.yaml:\d+:\d+/);
    expect(problems).toEqual([]);
  });

  test.each([
    [{ params: ['noequals'] }, 'usage'],
    [{ params: ['a=1', 'a=2'] }, 'usage'],
    [{ paramFiles: ['/nowhere/p.yaml' as AbsolutePath] }, 'not-found'],
    [{ inputs: ['/etc/passwd' as AbsolutePath] }, 'usage'],
  ])('wrong options %j stop before anything runs', async (options, kind) => {
    const project = await testProject();
    const run = runCommand({
      project: project.open(),
      command: ['sh', '-c', `touch '${at(project, 'ran')}'`],
      cwd: project.dir,
      env: { PATH: process.env.PATH },
      params: [],
      paramFiles: [],
      inputs: [],
      outputs: [],
      metricFiles: [],
      captureMetrics: false,
      ...options,
    });
    await expect(run).rejects.toMatchObject({ kind });
    await expect(readFile(at(project, 'ran'))).rejects.toThrow(/ENOENT/);
    expect(await (await project.open().tracking()).recentRuns(5)).toEqual([]);
  });
});

describe('metrics', () => {
  test('declared, by habit and DVCLive; only what this run wrote', async () => {
    const project = await testProject();
    await project.write('metrics.json', '{"old": 1}');
    await project.write('stale.json', '{"stale": 1}');
    const script = `echo '{"auc": 0.7}' > own.json; echo 'step,loss\n1,0.5\n2,0.25' > metrics-train.csv
      mkdir -p dvclive/plots/metrics; printf 'step\\tacc\\n0\\t0.5\\n' > dvclive/plots/metrics/acc.tsv`;
    const { run, problems } = await record(project, script, {
      metricFiles: [at(project, 'own.json'), at(project, 'stale.json'), at(project, 'never.json')],
    });
    expect(run.metrics).toEqual({ auc: 0.7, loss: 0.25, acc: 0.5 });
    expect(run.metricDetails.find((metric) => metric.key === 'loss')).toMatchObject({
      step: 2,
      points: 2,
      max: 0.5,
    });
    expect(problems).toEqual([
      'the metrics file stale.json was not written by this run; its old values are left out',
      'the metrics file never.json does not exist',
    ]);
  });

  test('the same key in two files is told apart', async () => {
    const script = `echo '{"loss": 1}' > metrics_train.json; echo '{"loss": 2, "auc": 3}' > metrics_test.json`;
    const { run } = await record(await testProject(), script);
    expect(run.metrics).toEqual({ 'metrics_train/loss': 1, 'metrics_test/loss': 2, auc: 3 });
  });

  test('rubbish in a metrics file: one warning naming file and place, the run is recorded', async () => {
    const script = `printf 'ab\\000\\377' > metrics.json; echo '{"auc": 0.7}' > metrics-b.json`;
    const { run, warnings, error } = await record(await testProject(), script);
    expect(error).toBeUndefined();
    expect(run).toMatchObject({ status: 'FINISHED', metrics: { auc: 0.7 } });
    expect(warnings).toEqual(['metrics.json: byte 2: a NUL; this is no text file']);
  });

  test('NaN and infinity are words in JSON', async () => {
    const { run } = await record(await testProject(), `echo '{"a": NaN, "b": -Infinity}' > metrics.json`);
    expect(JSON.parse(JSON.stringify(run.metrics))).toEqual({ a: 'NaN', b: '-Infinity' });
  });

  test('printed lines count only when asked for', async () => {
    const project = await testProject();
    const script = `printf 'step=1 loss=0.5\\nprogress 10%%\\rstep=2 loss=0.25'`;
    expect((await record(project, script)).run.metrics).toEqual({});
    const { run } = await record(project, script, { captureMetrics: true });
    expect(run.metricDetails).toMatchObject([{ key: 'loss', value: 0.25, step: 2, points: 2 }]);
  });

  test('metrics of a failed run are kept', async () => {
    const { run } = await record(await testProject(), `echo '{"loss": 9}' > metrics.json; exit 1`);
    expect(run).toMatchObject({ status: 'FAILED', metrics: { loss: 9 } });
  });
});

describe('data', () => {
  test('inputs and outputs by content; the outputs can be read back', async () => {
    const project = await testProject();
    await project.write('data/in.csv', 'a,b\n');
    const { run, problems } = await record(
      project,
      'mkdir -p out; cat data/in.csv data/in.csv > out/two.csv',
      {
        inputs: [at(project, 'data/in.csv')],
        outputs: [at(project, 'out')],
      },
    );
    expect(problems).toEqual([]);
    // sha256sum of "a,b\n"
    expect(run.inputs).toMatchObject([
      { path: 'data/in.csv', id: 'sha256:5be08c9684a1d25efcee09318204824278b08bbfb4aef973ffefd0b9d7478313' },
    ]);
    expect(run.outputs).toMatchObject([{ path: 'out', kind: 'dir', size: 8 }]);
    const store = await project.open().store();
    const texts = [];
    for await (const file of store.listTree(run.outputs[0]!.id))
      texts.push(Buffer.from(await store.readBytes(file.id)).toString());
    expect(texts).toEqual(['a,b\na,b\n']);
  });

  test('versioned data named on the command line is an input', async () => {
    const project = await testProject();
    await project.write('data/train/a.csv', '1\n');
    await project.write('other.csv', '2\n');
    await addPaths({ project: project.open(), cwd: project.dir, paths: ['data/train', 'other.csv'] });
    const { run, warnings } = await record(project, ['sh', '-c', 'true', '--data=data/train/a.csv', 'x']);
    expect(run.inputs.map((file) => file.path)).toEqual(['data/train']);
    expect(warnings).toEqual([]);
  });

  test('an input without any kept version is a warning; one that changes meanwhile a problem', async () => {
    const project = await testProject();
    await project.write('in.csv', 'before');
    const { run, warnings, problems } = await record(project, 'echo after > in.csv', {
      inputs: [at(project, 'in.csv')],
    });
    expect(
      warnings.some((text) => text.includes('in.csv') && text.includes('no version of it is kept')),
    ).toBe(true);
    expect(problems).toEqual([expect.stringContaining('in.csv changed while the command ran')]);
    expect(run.inputs[0]?.size).toBe(6);
  });

  test('a declared output that is not there is a problem, not a lost run', async () => {
    const project = await testProject();
    const { run, problems, error } = await record(project, 'echo x > there', {
      outputs: [at(project, 'there'), at(project, 'missing')],
    });
    expect(error).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining('missing')]);
    expect(run.outputs.map((file) => file.path)).toEqual(['there']);
  });
});

describe('code and environment', () => {
  test('the commit, the patch that applies, and scripts nobody has committed yet', async () => {
    const project = await testProject();
    await project.write('train.py', 'a = 1\n\n\nb = 2\n \n');
    project.git('add', '.');
    project.git('commit', '--quiet', '--message', 'first');
    expect((await record(project, 'true')).run.code).toMatchObject({ branch: 'main', dirty: false });
    await project.write('train.py', 'a = 1\n\n\nb = 3\n \n');
    await project.write('new.py', 'print()\n');
    await project.write('.env.py', 'KEY = 1\n');
    await project.write('data.bin', 'x');
    const { run } = await record(project, 'true');
    expect(run.code).toMatchObject({ commit: project.git('rev-parse', 'HEAD'), branch: 'main', dirty: true });
    expect(run.tags).toMatchObject({
      'mlflow.source.git.commit': run.code.commit,
      'mlflow.source.type': 'LOCAL',
    });
    expect(run.artifacts.map((file) => file.path)).toEqual(['git/diff.patch', 'git/untracked/new.py']);
    await project.write('saved.patch', await artifact(project, run, 'git/diff.patch'));
    project.git('checkout', '--quiet', 'train.py');
    project.git('apply', 'saved.patch');
    expect(await readFile(at(project, 'train.py'), 'utf8')).toBe('a = 1\n\n\nb = 3\n \n');
  });

  test('the interpreter that runs, its packages, and lock files', async () => {
    const project = await testProject();
    await project.write('package-lock.json', '{"lockfileVersion": 3}\n');
    const { run } = await record(project, ['node', '-e', '1']);
    expect(run.environment).toMatchObject({ node: process.version, cpus: expect.any(String) });
    expect(await artifact(project, run, 'environment/package-lock.json')).toBe('{"lockfileVersion": 3}\n');
  });

  test('the command knows its run; a run inside a run knows its parent', async () => {
    const project = await testProject();
    const outer = await record(project, 'echo "id=$MLO_RUN_ID"');
    expect(outer.stdout).toBe(`id=${outer.run.runId}\n`);
    const inner = await record(project, 'true', {
      env: { PATH: process.env.PATH, MLO_RUN_ID: outer.run.runId },
    });
    expect(inner.run.tags['mlflow.parentRunId']).toBe(outer.run.runId);
  });

  test('secrets of the command line are not kept', async () => {
    const { run } = await record(await testProject(), [
      'sh',
      '-c',
      'true',
      '--api-key=abc123',
      'API_TOKEN=abc123',
    ]);
    expect(JSON.stringify([run.params, run.command, run.tags])).not.toContain('abc123');
  });
});
