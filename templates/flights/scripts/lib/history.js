/**
 * How often flights from (or to) an airport were late, learned from months before those the trees learn from:
 * so no flight's own answer is in its features, and a training flight is described just as one in service is.
 *
 * An airport's own rate is drawn towards the rate of all flights as if `smoothing` more flights of that kind
 * had been seen: (late + smoothing * rate of all) / (flights + smoothing). An airport never seen has the rate
 * of all. Rates are 32-bit floats, the numbers the ONNX model works with.
 */
export function learnHistory({ airports, late, smoothing }) {
  const counts = new Map();
  let allLate = 0;
  for (let row = 0; row < late.length; row += 1) {
    const seen = counts.get(airports[row]);
    if (seen) {
      seen.flights += 1;
      seen.late += late[row];
    } else {
      counts.set(airports[row], { flights: 1, late: late[row] });
    }
    allLate += late[row];
  }
  const rateOfAll = allLate / late.length;
  const rates = {};
  for (const name of [...counts.keys()].sort()) {
    const seen = counts.get(name);
    rates[name] = Math.fround((seen.late + smoothing * rateOfAll) / (seen.flights + smoothing));
  }
  return { unseen: Math.fround(rateOfAll), rates };
}

/** The rate of each row's airport. */
export function lookUp(history, airports) {
  const column = new Float32Array(airports.length);
  for (let row = 0; row < column.length; row += 1)
    column[row] = history.rates[airports[row]] ?? history.unseen;
  return column;
}
