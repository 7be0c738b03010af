// Scores the validation month with the trained model: metrics/evaluate.json and the plots.

import { writeCsv, writeJson } from './lib/files.js';
import { calibration, measure, rocCurve, thin } from './lib/metrics.js';
import { readModel, score } from './lib/model.js';
import { readParams, whole } from './lib/params.js';
import { count, progress, runScript } from './lib/script.js';
import { readColumns } from './lib/tables.js';

runScript(import.meta.filename, async () => {
  const say = progress();
  const { calibration_bins, roc_points } = readParams('evaluate', {
    calibration_bins: whole(2, 1000),
    roc_points: whole(2, 100_000),
  });
  const model = readModel('models/late.json', 'models/late.onnx');
  const { columns } = await readColumns(
    'data/features/validate.parquet',
    {
      hour: Uint8Array,
      weekday: Uint8Array,
      distance: Float32Array,
      origin: Array,
      destination: Array,
      late: Uint8Array,
    },
    'run "mlo repro prepare"',
  );
  const probabilities = score(model, columns);
  say(`scored ${count(probabilities.length)} flights of the validation month`);

  const roc = rocCurve(probabilities, columns.late);
  const metrics = measure(probabilities, columns.late, model.threshold);
  await writeJson('metrics/evaluate.json', metrics);
  await writeCsv(
    'plots/roc.csv',
    ['fpr', 'tpr', 'threshold'],
    thin(roc, roc_points).map(({ fpr, tpr, threshold }) => [fpr, tpr, threshold]),
  );
  await writeCsv(
    'plots/calibration.csv',
    ['probability', 'late_rate', 'rows'],
    calibration(probabilities, columns.late, calibration_bins).map(({ said, happened, rows }) => [
      said,
      happened,
      rows,
    ]),
  );
  const { features, gain } = model.trees;
  const all = gain.reduce((sum, each) => sum + each, 0) || 1;
  await writeCsv(
    'plots/importance.csv',
    ['feature', 'share_of_gain'],
    features.map((name, at) => [name, gain[at] / all]).sort((a, b) => b[1] - a[1]),
  );
  say(
    `auc ${metrics.auc.toFixed(4)}, log loss ${metrics.log_loss.toFixed(4)}, brier ${metrics.brier.toFixed(4)}`,
  );
});
