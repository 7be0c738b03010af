/**
 * How well probabilities fit what happened. `log_loss` and `brier` judge the probabilities, `auc` only their
 * order, the rest the yes or no that `threshold` makes of them.
 */
export function measure(probabilities, labels, threshold) {
  const rows = labels.length;
  let positives = 0;
  let logLoss = 0;
  let brier = 0;
  let mean = 0;
  let called = 0;
  let hits = 0;
  let right = 0;
  for (let row = 0; row < rows; row += 1) {
    const p = Math.min(Math.max(probabilities[row], 1e-15), 1 - 1e-15);
    const late = labels[row];
    const call = probabilities[row] >= threshold ? 1 : 0;
    positives += late;
    logLoss -= Math.log(late ? p : 1 - p);
    brier += (p - late) ** 2;
    mean += p;
    called += call;
    hits += call & late;
    right += call === late ? 1 : 0;
  }
  return {
    auc: area(rocCurve(probabilities, labels)),
    log_loss: logLoss / rows,
    brier: brier / rows,
    accuracy: right / rows,
    precision: called === 0 ? 0 : hits / called,
    recall: positives === 0 ? 0 : hits / positives,
    base_rate: positives / rows,
    mean_probability: mean / rows,
    rows,
  };
}

/**
 * Points {threshold, fpr, tpr} from (0, 0) to (1, 1), highest score first. Equal scores share a point, so that
 * under the curve a tie counts half.
 */
export function rocCurve(probabilities, labels) {
  const rows = labels.length;
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => probabilities[b] - probabilities[a],
  );
  let yes = 0;
  for (const label of labels) yes += label;
  const no = rows - yes;
  const points = [{ threshold: 1, fpr: 0, tpr: 0 }];
  let truly = 0;
  let falsely = 0;
  for (let at = 0; at < rows; at += 1) {
    const row = order[at];
    if (labels[row]) truly += 1;
    else falsely += 1;
    const isLastOfTies = at + 1 === rows || probabilities[order[at + 1]] !== probabilities[row];
    if (isLastOfTies) points.push({ threshold: probabilities[row], fpr: falsely / no, tpr: truly / yes });
  }
  return points;
}

/** Area under the curve by trapezoids; NaN when only one answer occurs. */
export function area(points) {
  let sum = 0;
  for (let at = 1; at < points.length; at += 1) {
    sum += ((points[at].fpr - points[at - 1].fpr) * (points[at].tpr + points[at - 1].tpr)) / 2;
  }
  return sum;
}

/** At most `size` points, evenly chosen, both ends kept. */
export function thin(points, size) {
  if (points.length <= size) return points;
  return Array.from({ length: size }, (_, at) => points[Math.round((at * (points.length - 1)) / (size - 1))]);
}

/** Flights in equally full bins by probability: what was said against what happened. */
export function calibration(probabilities, labels, bins) {
  const rows = labels.length;
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => probabilities[a] - probabilities[b],
  );
  const result = [];
  for (let bin = 0; bin < bins; bin += 1) {
    const members = order.subarray(Math.floor((bin * rows) / bins), Math.floor(((bin + 1) * rows) / bins));
    if (members.length === 0) continue;
    let said = 0;
    let happened = 0;
    for (const row of members) {
      said += probabilities[row];
      happened += labels[row];
    }
    result.push({ said: said / members.length, happened: happened / members.length, rows: members.length });
  }
  return result;
}
