import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MloError } from '#foundation/errors.ts';
import { contentIdOf, hexOf } from '#foundation/hash.ts';
import { encodePointer } from '#formats/pointer.ts';
import { trace, type Trace } from '#features/lineage/index.ts';
import { repro } from '#features/pipelines/index.ts';
import { startRun } from '#features/runs/index.ts';
import {
  alterRows,
  lineageProject,
  lockText,
  PREDICTION_ID,
  predictionsDir,
  replaceInFiles,
  type LineageProject,
} from '../../../support/lineage-project.ts';
import { testProject, type TestProject } from '../../../support/project.ts';

const OTHER = contentIdOf('something else');

function edges(found: Trace): string[] {
  return found.edges.map((edge) => `${kind(edge.from)} ${edge.relation} ${kind(edge.to)}`).sort();
}

function kind(node: string): string {
  return node.replace(/^(data:[^@]*)@.*|^(\w+):.*/, '$1$2');
}

async function broken(made: LineageProject, subject = PREDICTION_ID): Promise<MloError> {
  try {
    await trace({ project: made.open(), subject });
  } catch (error) {
    const found = error as MloError;
    expect(found).toMatchObject({ kind: 'integrity', code: 'MLO_BROKEN_EDGE' });
    return found;
  }
  throw new Error('the broken edge was not found');
}

const CHAIN = [
  'data:data/flights.csv versioned-by commit',
  'data:features/train.csv versioned-by commit',
  'data:train.js versioned-by commit',
  'model produced-by run',
  'package packs model',
  'prediction served-by package',
  'run code-at commit',
  'run read data:data/flights.csv',
  'run read data:features/train.csv',
  'run read data:train.js',
];

describe('trace', () => {
  it('walks from a prediction to the data and the commit, every edge verified', async () => {
    const made = await lineageProject();
    const found = await trace({ project: made.project, subject: PREDICTION_ID, deep: true });
    expect(edges(found)).toEqual(CHAIN);
    expect(found.notes).toEqual([]);
    expect(found.edges.every((edge) => edge.verified)).toBe(true);
    const run = found.nodes.find((node) => node.kind === 'run');
    expect(run).toMatchObject({
      id: `run:${made.runId}`,
      name: 'train-late',
      facts: { params: { rate: '0.1', trees: '20' }, metrics: { auc: 0.75 }, dirty: false },
    });
    expect(found.nodes.find((node) => node.kind === 'prediction')?.facts.outputs).toEqual({ y: [42] });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it('finds a prediction that was sealed into Parquet', async () => {
    const made = await lineageProject({ sealed: true });
    expect(edges(await trace({ project: made.project, subject: PREDICTION_ID }))).toEqual(CHAIN);
  });

  it('starts anywhere: alias, version, run, digest of a package or of content', async () => {
    const made = await lineageProject();
    const rest = CHAIN.filter((edge) => !edge.startsWith('prediction'));
    for (const subject of [
      'late@prod',
      'late/1',
      'late',
      made.runId,
      made.runId.slice(0, 8),
      '@last',
      made.digest,
    ]) {
      expect(edges(await trace({ project: made.project, subject })), subject).toEqual(rest);
    }
    expect((await trace({ project: made.project, subject: made.modelId })).subject.node).toBe('model:late/1');
  });

  it('walks from a dataset to the runs, models and packages made of it', async () => {
    const made = await lineageProject();
    const rest = CHAIN.filter((edge) => !edge.startsWith('prediction'));
    for (const subject of ['data/flights.csv', 'data/flights.csv@HEAD', 'features/train.csv', made.dataId]) {
      expect(edges(await trace({ project: made.project, subject })), subject).toEqual(rest);
    }
  });

  it('tells an older version of a dataset from the present one', async () => {
    const made = await lineageProject();
    await made.write('data/flights.csv.mlo', pointerText(OTHER));
    made.git('commit', '--quiet', '--all', '--message', 'new data');
    const now = await trace({ project: made.project, subject: 'data/flights.csv' });
    expect(now.edges).toEqual([]);
    expect(now.notes.map((note) => note.message)).toContain(
      'no run has read data/flights.csv with this content',
    );
    const before = await trace({ project: made.project, subject: 'data/flights.csv@HEAD~1' });
    expect(before.nodes.some((node) => node.kind === 'model')).toBe(true);
  });

  it('walks through the run that made an input no commit names', async () => {
    const made = await lineageProject();
    await using second = await startRun({ project: made.project, name: 'second' });
    await second.addFiles([
      { role: 'input', path: 'models/late.onnx', kind: 'file', id: made.modelId, size: 1 },
    ]);
    await second.finish('FINISHED');
    const found = await trace({ project: made.project, subject: second.runId });
    expect(edges(found)).toContain('data:models/late.onnx produced-by run');
    expect(edges(found)).toContain('run read data:data/flights.csv');
  });

  it('says what it cannot find', async () => {
    const made = await lineageProject();
    for (const subject of ['nothing', 'data/missing.csv', `pred_${'0'.repeat(32)}`, OTHER]) {
      await expect(trace({ project: made.project, subject }), subject).rejects.toMatchObject({
        kind: 'not-found',
        code: 'MLO_NO_SUBJECT',
      });
    }
    await expect(trace({ project: made.project, subject: 'late@nowhere' })).rejects.toMatchObject({
      code: 'MLO_NO_ALIAS',
    });
  });

  it('stops when it is told to', async () => {
    const made = await lineageProject();
    const signal = AbortSignal.abort('SIGINT');
    await expect(trace({ project: made.project, subject: 'late@prod', signal })).rejects.toMatchObject({
      kind: 'aborted',
    });
  });
});

describe('a run of the pipeline', () => {
  async function pipeline(): Promise<TestProject> {
    const files = await testProject();
    await files.write(
      'mlo.yaml',
      'stages:\n  one: {cmd: cp source.txt mid.txt, deps: [source.txt], outs: [mid.txt]}\n' +
        '  two: {cmd: cp mid.txt end.txt, deps: [mid.txt], outs: [end.txt]}\n',
    );
    await files.write('source.txt', 'hello\n');
    files.git('add', '--all');
    files.git('commit', '--quiet', '--message', 'pipeline');
    await repro({
      project: files.open(),
      env: { PATH: process.env.PATH },
      by: () => Promise.resolve('Test'),
    });
    return files;
  }

  it('leads to the commit it ran from and to the one that holds its mlo.lock', async () => {
    const files = await pipeline();
    const start = files.git('rev-parse', 'HEAD');
    const before = await trace({ project: files.open(), subject: '@last' });
    expect(before.notes.map((note) => note.message)).toEqual([
      expect.stringMatching(/^no commit since holds mlo\.lock as run [0-9a-f]{8} left it/),
    ]);
    files.git('add', '--all');
    files.git('commit', '--quiet', '--message', 'lock');
    const after = await trace({ project: files.open(), subject: '@last' });
    expect(after.notes).toEqual([]);
    expect(after.edges.map(({ relation, to }) => [relation, to])).toEqual([
      ['code-at', `commit:${start}`],
      ['recorded-at', `commit:${files.git('rev-parse', 'HEAD')}`],
      ['read', expect.stringMatching(/^data:source\.txt@/)],
      ['versioned-by', `commit:${start}`],
    ]);
  });

  it('does not take a lock that was edited for its own', async () => {
    const files = await pipeline();
    const lock = await readFile(join(files.dir, 'mlo.lock'), 'utf8');
    const end = /path: end\.txt\n\s+kind: file\n\s+id: (sha256:[0-9a-f]{64})/.exec(lock)?.[1] ?? '';
    await files.write('mlo.lock', lock.replaceAll(end, OTHER));
    files.git('add', '--all');
    files.git('commit', '--quiet', '--message', 'edited lock');
    const found = await trace({ project: files.open(), subject: '@last' });
    expect(found.edges.map((edge) => edge.relation)).not.toContain('recorded-at');
    expect(found.notes).toHaveLength(1);
  });
});

describe('a broken edge is found and named', () => {
  it('prediction -> package: the logged digest is not a package', async () => {
    const made = await lineageProject();
    expect(await replaceInFiles(predictionsDir(made.project), made.digest, OTHER)).toBe(1);
    const { message } = await broken(made);
    expect(message).toContain(`the prediction log says ${OTHER}`);
    expect(message).toContain('the registry says that no such package exists');
  });

  it('prediction -> package: the log names another version', async () => {
    const made = await lineageProject();
    await replaceInFiles(predictionsDir(made.project), '"version":1', '"version":2');
    const { message } = await broken(made);
    expect(message).toMatch(/the prediction log says late\/2, .* says late\/1/);
  });

  it('package -> bytes: one byte of the manifest', async () => {
    const made = await lineageProject();
    const packs = join(made.project.paths.storeDir, 'packs');
    // The commit stands in the manifest and in the provenance beside it.
    expect(await replaceInFiles(packs, made.commit, `f${made.commit.slice(1)}`)).toBeGreaterThan(0);
    const { message } = await broken(made);
    expect(message).toMatch(/^broken edge package .* -> its bytes: the content of the bundle/);
  });

  it('package -> model: the content of the registry row', async () => {
    const made = await lineageProject();
    alterRows(made.project, `UPDATE model_versions SET content = x'${hexOf(OTHER)}'`);
    const { message, details } = await broken(made);
    expect(message).toMatch(/^broken edge package [0-9a-f]{12} -> model late\/1: the content of the model/);
    expect(details?.witnesses).toEqual([
      { says: made.modelId, readFrom: expect.stringContaining('mlo-bundle.json') as string },
      { says: OTHER, readFrom: "the registry's row of late/1" },
    ]);
  });

  it('package -> model: the run of the registry row', async () => {
    const made = await lineageProject();
    alterRows(made.project, `UPDATE model_versions SET run_id = '${'0'.repeat(32)}'`);
    expect((await broken(made)).message).toContain('the run that made the model');
  });

  it('package -> model: the commit of the registry row', async () => {
    const made = await lineageProject();
    alterRows(made.project, `UPDATE model_versions SET git_commit = '${'0'.repeat(40)}'`);
    expect((await broken(made)).message).toContain('the Git commit');
  });

  it('model -> run: the output the run recorded', async () => {
    const made = await lineageProject();
    alterRows(made.project, `UPDATE run_files SET content = x'${hexOf(OTHER)}' WHERE role = 'output'`);
    const { message } = await broken(made);
    expect(message).toMatch(/^broken edge model late\/1 -> run [0-9a-f]{8}: the content of the model/);
    expect(message).toContain(`says models/late.onnx ${OTHER}`);
  });

  it('model -> run: the run is gone', async () => {
    const made = await lineageProject();
    alterRows(
      made.project,
      `DELETE FROM run_files; DELETE FROM metrics; DELETE FROM latest_metrics;
      DELETE FROM params; DELETE FROM tags; DELETE FROM runs`,
    );
    expect((await broken(made)).message).toContain('the tracking database says that no such run exists');
  });

  it('model -> data: an input the run recorded', async () => {
    const made = await lineageProject();
    alterRows(
      made.project,
      `UPDATE run_files SET content = x'${hexOf(OTHER)}' WHERE path = 'data/flights.csv'`,
    );
    const { message } = await broken(made);
    expect(message).toContain('data data/flights.csv: the data the model was made from');
    expect(message).toContain(made.dataId);
    expect(message).toContain(OTHER);
  });

  it('run -> commit: a commit that is not there', async () => {
    const made = await lineageProject();
    const gone = 'e'.repeat(40);
    alterRows(made.project, `UPDATE tags SET value = '${gone}' WHERE value = '${made.commit}'`);
    const { message } = await broken(made, made.runId);
    expect(message).toContain(`says ${gone}, this Git repository says that there is no such commit`);
  });

  it('run -> data: the pointer of the commit names other content', async () => {
    const made = await lineageProject({
      beforeCommit: (files) => files.write('data/flights.csv.mlo', pointerText(OTHER)),
    });
    const { message } = await broken(made);
    expect(message).toBe(
      `broken edge run ${made.runId.slice(0, 8)} -> data data/flights.csv: what the run read: ` +
        `the inputs of run ${made.runId.slice(0, 8)} says ${made.dataId}, ` +
        `data/flights.csv.mlo at ${made.commit.slice(0, 8)} says ${OTHER}`,
    );
  });

  it('run -> data: mlo.lock of the commit names other content', async () => {
    const made = await lineageProject({ beforeCommit: (files) => files.write('mlo.lock', lockText(OTHER)) });
    const { message } = await broken(made);
    expect(message).toContain('data features/train.csv: what the run read');
    expect(message).toContain(`mlo.lock at ${made.commit.slice(0, 8)} says ${OTHER}`);
  });

  it('run -> data: a file Git keeps is another one', async () => {
    const made = await lineageProject();
    alterRows(
      made.project,
      `UPDATE run_files SET content = x'${hexOf(OTHER)}' WHERE role = 'input' AND path = 'train.js'`,
    );
    expect((await broken(made, made.runId)).message).toContain(`train.js at ${made.commit.slice(0, 8)} says`);
  });

  it('data -> bytes, when it looks at them', async () => {
    const made = await lineageProject();
    const packs = join(made.project.paths.storeDir, 'packs');
    expect(await replaceInFiles(packs, 'x,y\n1,2\n', 'x,y\n1,3\n')).toBe(1);
    await expect(trace({ project: made.open(), subject: made.runId, deep: true })).rejects.toMatchObject({
      code: 'MLO_BROKEN_EDGE',
      message: expect.stringContaining('data data/flights.csv -> its bytes') as string,
    });
  });
});

describe('what is no broken edge', () => {
  it('a commit that a dirty work tree stood on: a warning, and the record of the run counts', async () => {
    const made = await lineageProject({ dirty: true });
    const found = await trace({ project: made.project, subject: PREDICTION_ID });
    const warnings = found.notes.filter((note) => note.level === 'warning').map((note) => note.message);
    expect(warnings).toEqual([
      `the work tree was dirty when run ${made.runId.slice(0, 8)} began: the commit is only what it stood on`,
      expect.stringMatching(
        /^train\.js: run [0-9a-f]{8} read [0-9a-f]{12}, train\.js at .*the work tree was dirty/,
      ),
    ]);
    expect(edges(found)).not.toContain('data:train.js versioned-by commit');
    expect(edges(found)).toContain('data:data/flights.csv versioned-by commit');
  });

  it('an input that is neither stored nor versioned: a note, and no command, since none can fetch it', async () => {
    const made = await lineageProject();
    await using run = await startRun({ project: made.project, name: 'remote-data' });
    await run.addFiles([{ role: 'input', path: 'elsewhere.csv', kind: 'file', id: OTHER, size: 5 }]);
    await run.finish('FINISHED');
    const found = await trace({ project: made.project, subject: run.runId });
    expect(found.notes.map((note) => note.message)).toContain(
      `elsewhere.csv (${hexOf(OTHER).slice(0, 12)}) is not in the local store, and no version holds it`,
    );
  });

  it('line ends that Git changed on checkout', async () => {
    const made = await lineageProject();
    await using run = await startRun({ project: made.project, name: 'windows' });
    const id = contentIdOf('console.log("training")\r\n');
    await run.addFiles([{ role: 'input', path: 'train.js', kind: 'file', id, size: 25 }]);
    await run.finish('FINISHED');
    expect(edges(await trace({ project: made.project, subject: run.runId }))).toContain(
      'data:train.js versioned-by commit',
    );
  });

  it('a project whose work tree has moved on since', async () => {
    const made = await lineageProject();
    await rm(join(made.dir, 'train.js'));
    await made.write('data/flights.csv.mlo', pointerText(OTHER));
    made.git('add', '--all');
    made.git('commit', '--quiet', '--message', 'moved on');
    expect(edges(await trace({ project: made.project, subject: PREDICTION_ID }))).toEqual(CHAIN);
  });
});

function pointerText(id: ReturnType<typeof contentIdOf>): string {
  return encodePointer({ path: 'flights.csv', kind: 'file', id, size: 8, nfiles: 1 });
}
