// Trains the trees and writes the model: models/late.onnx to serve, models/late.json to evaluate in JavaScript.

import { readJson, writeBytes, writeCsv, writeJson } from './lib/files.js';
import { trainTrees } from './lib/gbdt.js';
import { FEATURES, sha256 } from './lib/model.js';
import { toOnnx } from './lib/onnx.js';
import { number, readParams, whole } from './lib/params.js';
import { count, progress, runScript } from './lib/script.js';
import { CLASSES, EXAMPLE, signature } from './lib/signature.js';
import { readColumns } from './lib/tables.js';

export function trainParams() {
  return readParams('train', {
    trees: whole(1, 5000),
    depth: whole(1, 16),
    learning_rate: number(0.001, 1),
    min_leaf: whole(1, 1_000_000),
    l2: number(0, 1e6),
    sample: number(0.001, 1),
    seed: whole(0, 4_294_967_295),
    threshold: number(0, 1),
  });
}

/** The model of some training columns, in both forms, and the loss after each tree. */
export function trainModel({ columns, history, params, say = () => {} }) {
  const losses = [];
  const trees = trainTrees({
    features: FEATURES.map((name) => ({ name, values: columns[name] })),
    labels: columns.late,
    settings: params,
    onTree: (tree, loss) => {
      losses.push(loss);
      if (tree % 20 === 0 || tree === params.trees)
        say(`tree ${tree} of ${params.trees}, loss ${loss.toFixed(5)}`);
    },
  });
  const { threshold } = params;
  const metadata = { 'mlo.classes': JSON.stringify(CLASSES), threshold: String(threshold) };
  const onnx = toOnnx({ model: trees, history, threshold, metadata });
  return { onnx, json: { onnx_sha256: sha256(onnx), threshold, history, trees }, losses };
}

runScript(import.meta.filename, async () => {
  const say = progress();
  const params = trainParams();
  const hint = 'run "mlo repro prepare"';
  const kinds = Object.fromEntries([...FEATURES.map((name) => [name, Float32Array]), ['late', Uint8Array]]);
  const { rows, columns } = await readColumns('data/features/train.parquet', kinds, hint);
  const history = readJson('data/features/history.json', hint);
  say(`read ${count(rows)} training flights`);

  const { onnx, json, losses } = trainModel({ columns, history, params, say });
  await writeBytes('models/late.onnx', onnx);
  await writeBytes('models/late.json', JSON.stringify(json));
  await writeJson('models/signature.json', signature(history));
  await writeJson('models/example.json', EXAMPLE);
  await writeCsv(
    'plots/loss.csv',
    ['tree', 'loss'],
    losses.map((loss, at) => [at + 1, loss]),
  );
  await writeJson('metrics/train.json', {
    train_log_loss: losses.at(-1),
    train_rows: rows,
    model_bytes: onnx.length,
  });
  say(`wrote models/late.onnx, ${count(onnx.length)} bytes`);
});
