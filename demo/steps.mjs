// The steps of the main job. Each returns what it found: lines for a reader, data for --json. A step throws when
// what it promises does not hold, so the demo is also a test.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRows, writeSample } from './tables.mjs';

const MONTHS = ['2001-01', '2001-02', '2001-03', '2001-04', '2001-05', '2001-06'];
const TRAINING = ['2001-01', '2001-02', '2001-03'].map(monthFile);
const MODEL = 'models/late.onnx';
const INPUTS = ['hour', 'weekday', 'distance', 'origin', 'destination'];

/** @typedef {import('./world.mjs').World} World */
/** @typedef {{title: string, run: (world: World) => Promise<{lines: string[], data: unknown}>}} Step */

/** Kept between steps: ids that later steps ask for. */
const memory = { run: '', predictionId: '', rows: /** @type {Record<string, unknown>[]} */ ([]) };

/** @type {readonly Step[]} */
export const STEPS = [
  {
    title: 'A Git repository with a project skeleton',
    run: async (world) => {
      await world.run('git', ['init', '--quiet', '--initial-branch=main', world.workspace], {
        cwd: world.base,
      });
      await world.git('config user.name Demo');
      await world.git('config user.email demo@example.org');
      const { result } = await world.mlo('init --template flights');
      return {
        lines: ['stages, parameters, gates and scripts are plain files to edit; dependencies came from npm'],
        data: result,
      };
    },
  },
  {
    title: 'Six months of flights, one versioned dataset each',
    run: async (world) => {
      await world.run(process.execPath, ['scripts/months.js']);
      world.typed.push('node scripts/months.js');
      const { result } = await world.mlo(`add ${MONTHS.map(monthFile).join(' ')}`);
      await commit(world, 'Six months of flights');
      const bytes = result.items.reduce(
        (/** @type {number} */ sum, /** @type {{size: number}} */ item) => sum + item.size,
        0,
      );
      return {
        lines: [
          `${result.items.length} datasets, ${mib(bytes)}; Git holds a pointer of a few lines for each`,
        ],
        data: result,
      };
    },
  },
  {
    title: 'A remote, and the bytes on it',
    run: async (world) => {
      const url = process.env.MLO_DEMO_S3 ?? join(world.base, 'remote');
      const endpoint = process.env.MLO_DEMO_S3_ENDPOINT;
      await world.mlo(`remote add origin ${url}${endpoint ? ` --endpoint-url ${endpoint}` : ''}`);
      await commit(world, 'A remote');
      const first = await world.mlo('push');
      const again = await world.mlo('push');
      check(again.result.upToDate, 'a second push had something to send');
      return {
        lines: [
          `${first.result.packs} objects of packed data sent, ${mib(first.result.bytes)}; pushed again: nothing to send`,
        ],
        data: { first: first.result, again: again.result },
      };
    },
  },
  {
    title: 'The pipeline: prepare, train, evaluate',
    run: async (world) => {
      const first = await world.mlo('repro');
      const auc = await metricOf(world, '@last', 'auc');
      await commit(world, 'First model');
      const again = await world.mlo('repro');
      check(
        outcomes(again.result).every((outcome) => outcome === 'unchanged'),
        'a second repro ran something',
      );
      return {
        lines: [
          `${ran(first.result).join(', ')} ran; AUC on April, after the training months: ${auc.toFixed(4)}`,
          'run again: nothing changed, nothing ran',
        ],
        data: { first: first.result, again: again.result, auc },
      };
    },
  },
  {
    title: 'A changed parameter reruns only what depends on it',
    run: async (world) => {
      const { result } = await world.mlo('repro -P train.trees=2 -P train.depth=1');
      const weak = ran(result);
      check(!weak.includes('prepare'), 'prepare ran although no input of it changed');
      const weakAuc = await metricOf(world, '@last', 'auc');
      await world.mlo('model register late --run @last --path models/late.onnx');
      await edit(world, 'params.yaml', { 'trees: 2': 'trees: 100', 'depth: 1': 'depth: 7' });
      await commit(world, '100 trees of depth 7');
      const better = await world.mlo('repro');
      const auc = await metricOf(world, '@last', 'auc');
      await commit(world, 'Its outputs');
      return {
        lines: [
          `2 stumps: ${weak.join(', ')} ran, AUC ${weakAuc.toFixed(4)}; registered as late/1`,
          `params.yaml edited and committed, 100 trees of depth 7: ${ran(better.result).join(', ')} ran, AUC ${auc.toFixed(4)}`,
        ],
        data: { weak: result, weakAuc, better: better.result, auc },
      };
    },
  },
  {
    title: 'Runs compared',
    run: async (world) => {
      const listed = await world.mlo('runs list');
      const compared = await world.mlo('runs compare');
      return {
        lines: [
          `${listed.result.runs?.length ?? listed.result.length} runs recorded; \`mlo runs compare\` shows differences first`,
        ],
        data: { listed: listed.result, compared: compared.result },
      };
    },
  },
  {
    title: 'The registry: the gate refuses the weak model and lets the better one through',
    run: async (world) => {
      const refused = await world.mlo('model promote late/1 --to prod --reason demo', { expect: [3] });
      const gate = refused.result.gates.find((/** @type {{passed: boolean}} */ one) => !one.passed);
      const registered = await world.mlo(`model register late --run @best(auc) --path ${MODEL}`);
      const promoted = await world.mlo('model promote late@candidate --to prod --reason "best AUC on April"');
      check(promoted.result.promoted, 'the better model was not promoted');
      memory.run = registered.result.model.runId;
      return {
        lines: [
          `late/1 refused: ${gate.rule}, it has ${Number(gate.actual).toFixed(4)} (exit code 3)`,
          `late/${promoted.result.version} is now late@prod: ${promoted.result.gates.map((/** @type {{rule: string}} */ one) => one.rule).join('; ')}`,
        ],
        data: { refused: refused.result, registered: registered.result, promoted: promoted.result },
      };
    },
  },
  {
    title: 'A package, identified by its digest',
    run: async (world) => {
      const { result } = await world.mlo('package late@prod');
      const again = await world.mlo('package late@prod');
      check(again.result.digest === result.digest, 'packaging twice gave two digests');
      await world.mlo('push');
      return {
        lines: [
          `${result.files.length} files, ${mib(result.size)}, ${result.digest.slice(0, 19)}…; packaged twice: the same digest`,
        ],
        data: result,
      };
    },
  },
  {
    title: 'Served over HTTP, equal to the batch scorer',
    run: serveAndCompare,
  },
  {
    title: 'Drift: each later month against the training months',
    run: checkDrift,
  },
  {
    title: 'The deployment, planned',
    run: async (world) => {
      const { result } = await world.mlo('deploy plan --env prod -o deploy/prod.yaml');
      const kinds = result.objects.map((/** @type {{kind: string}} */ object) => object.kind);
      const cluster = result.cluster.reachable
        ? 'compared with the cluster'
        : `rendered only: ${result.cluster.reason}`;
      return {
        lines: [`${kinds.length} Kubernetes objects: ${kinds.join(', ')}`, cluster],
        data: { ...result, yaml: undefined },
      };
    },
  },
  {
    title: 'One served prediction, traced back to data and commit',
    run: async (world) => {
      const { result } = await world.mlo(`trace ${memory.predictionId}`);
      const warnings = result.notes.filter((/** @type {{level: string}} */ note) => note.level === 'warning');
      check(warnings.length === 0, `the trace warns: ${JSON.stringify(warnings)}`);
      const run = await world.mlo(`runs show ${memory.run}`);
      const { commit: commitOf } = run.result.code;
      check(JSON.stringify(result.nodes).includes(commitOf), 'the trace does not reach the commit');
      return {
        lines: [
          `${result.edges.length} recorded edges walked, each verified, down to six months of data and commit ${commitOf.slice(0, 10)}`,
        ],
        data: result,
      };
    },
  },
  {
    title: 'A colleague clones the repository and has it all',
    run: async (world) => {
      const clone = join(world.base, 'clone');
      await world.run('git', ['clone', '--quiet', world.workspace, clone], { cwd: world.base });
      const { result } = await world.mlo('pull', { cwd: clone });
      const [mine, theirs] = await Promise.all(
        [world.workspace, clone].map((dir) => readFile(join(dir, MODEL))),
      );
      check(mine !== undefined && theirs !== undefined && mine.equals(theirs), 'the clone got another model');
      const status = await world.mlo('status', { cwd: clone });
      return {
        lines: [`mlo pull brought ${mib(result.bytes)}; data and model are the same bytes`],
        data: { pull: result, status: status.result },
      };
    },
  },
];

/** @param {World} world */
async function serveAndCompare(world) {
  const table = join(world.workspace, 'data/features/2001-05.parquet');
  const rows = (await readRows(table, { rowStart: 0, rowEnd: 256 })).map(plainRow);
  const batch = await world.mlo(
    'predict late@prod --input data/features/2001-05.parquet --output scores/2001-05.parquet',
  );
  const scored = (
    await readRows(join(world.workspace, 'scores/2001-05.parquet'), { rowStart: 0, rowEnd: 256 })
  ).map((row) => Number(row.probability));
  const server = await world.serve('serve late@prod --port 0');
  try {
    const single = await infer(server.url, rows.slice(0, 1));
    memory.predictionId = single.id;
    const batched = await infer(server.url, rows);
    const differs = batched.probability.findIndex((value, i) => value !== scored[i]);
    check(
      differs === -1,
      `row ${differs}: the server says ${batched.probability[differs]}, the batch scorer ${scored[differs]}`,
    );
    check(single.probability[0] === scored[0], 'a single request and the batch scorer differ');
    const stopped = await server.stop();
    check(stopped.exitCode === 0, `mlo serve ended with ${stopped.exitCode} after SIGTERM`);
    return {
      lines: [
        `batch scorer: ${batch.result.rows.toLocaleString('en-US')} rows of May with the ${batch.result.engine} engine`,
        `server: 1 and ${rows.length} rows asked, all probabilities equal to the batch scorer's, bit for bit`,
        `prediction ${memory.predictionId}: ${(100 * (single.probability[0] ?? NaN)).toFixed(1)} % for ${describeFlight(rows[0] ?? {})}`,
      ],
      data: { batch: batch.result, predictionId: memory.predictionId, compared: rows.length },
    };
  } finally {
    await server.stop();
  }
}

/** @param {Record<string, unknown>} row */
function describeFlight(row) {
  return `${String(row.hour)} o'clock, ${String(row.origin)} to ${String(row.destination)}`;
}

/** One Open Inference Protocol (V2) request. @param {string} url @param {Record<string, unknown>[]} rows */
async function infer(url, rows) {
  const datatypes = /** @type {Record<string, string>} */ ({
    hour: 'INT64',
    weekday: 'INT64',
    distance: 'FP32',
    origin: 'BYTES',
    destination: 'BYTES',
  });
  const inputs = INPUTS.map((name) => ({
    name,
    shape: [rows.length, 1],
    datatype: datatypes[name],
    data: rows.map((row) => row[name]),
  }));
  const answer = await fetch(`${url}/v2/models/late/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  const text = await answer.text();
  check(answer.ok, `the server answered ${answer.status}: ${text}`);
  const body = JSON.parse(text);
  const output = body.outputs.find((/** @type {{name: string}} */ one) => one.name === 'probability');
  return {
    id: answer.headers.get('x-mlo-prediction-id') ?? '',
    probability: /** @type {number[]} */ (output.data).map((value) => Math.fround(value)),
  };
}

/** @param {World} world */
async function checkDrift(world) {
  const against = `${TRAINING.map((path) => `--reference ${path}`).join(' ')} --columns delay,distance,origin,destination`;
  const lines = [];
  const data = [];
  for (const month of MONTHS.slice(3)) {
    const { result } = await world.mlo(`drift check ${monthFile(month)} ${against}`, { expect: [0, 3] });
    lines.push(`${month}: ${verdict(result)}`);
    data.push({ month, report: result });
  }
  const from = join(world.workspace, monthFile('2001-02'));
  const resample = join(world.workspace, 'data/resample.parquet');
  const shifted = join(world.workspace, 'data/shifted.parquet');
  await writeSample({ from, to: resample, rows: 5000, seed: 1 });
  await writeSample({
    from,
    to: shifted,
    rows: 5000,
    seed: 1,
    change: (row) => ({ ...row, delay: Number(row.delay) + 15, distance: Number(row.distance) * 1.5 }),
  });
  const calm = await world.mlo(`drift check data/resample.parquet ${against}`, { expect: [0] });
  const alarm = await world.mlo(`drift check data/shifted.parquet ${against}`, { expect: [3] });
  lines.push(`5,000 flights of February as they are: ${verdict(calm.result)}`);
  lines.push(
    `the same with 15 minutes more delay and half as much distance again: ${verdict(alarm.result)} (exit code 3)`,
  );
  const model = await world.mlo('drift check data/features/2001-06.parquet --model late@prod', {
    expect: [0, 3],
  });
  lines.push(`June as late@prod sees it, against the profile in its package: ${verdict(model.result)}`);
  return { lines, data: { months: data, resample: calm.result, shifted: alarm.result, model: model.result } };
}

/** @param {{verdict: string, columns: {name: string, score: number | null, verdict: string}[]}} report */
function verdict({ verdict: answer, columns }) {
  const scores = columns.map(
    (column) =>
      `${column.name} ${column.score === null ? '-' : column.score.toFixed(3)}${column.verdict === 'drift' ? '!' : ''}`,
  );
  return `${answer.replaceAll('_', ' ')} (${scores.join(', ')})`;
}

/** @param {World} world @param {string} run @param {string} key */
async function metricOf(world, run, key) {
  const { result } = await world.mlo(`runs show ${run}`);
  const value = /** @type {Record<string, number>} */ (result.metrics)[key];
  check(value !== undefined, `run ${run} has no metric ${key}: ${Object.keys(result.metrics).join(', ')}`);
  return value;
}

/** Edits a file of the workspace as a user would. @param {World} world @param {string} file @param {Record<string, string>} changes */
async function edit(world, file, changes) {
  const path = join(world.workspace, file);
  let text = await readFile(path, 'utf8');
  for (const [before, after] of Object.entries(changes)) {
    check(text.includes(before), `${file} does not say "${before}"`);
    text = text.replace(before, after);
  }
  await writeFile(path, text);
}

/** @param {World} world @param {string} message */
async function commit(world, message) {
  await world.git('add --all');
  await world.run('git', ['commit', '--quiet', '--message', message]);
}

/** @param {{stages: {name: string, outcome: string}[]}} report */
function ran(report) {
  return report.stages.filter((stage) => stage.outcome === 'ran').map((stage) => stage.name);
}

/** @param {{stages: {outcome: string}[]}} report */
function outcomes(report) {
  return report.stages.map((stage) => stage.outcome);
}

/** BigInt columns of Parquet as plain numbers. @param {Record<string, unknown>} row */
function plainRow(row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}

/** @param {string} month */
function monthFile(month) {
  return `data/flights-${month}.parquet`;
}

/** @param {number} bytes */
function mib(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** @param {boolean} condition @param {string} message @returns {asserts condition} */
function check(condition, message) {
  if (!condition) throw new Error(message);
}
