// From the months to feature tables. In order of time: the earliest months give the airports' history, the
// next ones train the trees, the last one validates. Nothing is learned from the validation month.

import { writeJson } from './lib/files.js';
import { inputColumns, monthFile, readFlights } from './lib/flights.js';
import { learnHistory, lookUp } from './lib/history.js';
import { month, months, readParams, whole } from './lib/params.js';
import { count, Problem, progress, runScript } from './lib/script.js';
import { writeTable } from './lib/tables.js';

export function prepareParams() {
  const params = readParams('prepare', {
    history_months: months,
    train_months: months,
    validate_month: month,
    smoothing: whole(1, 1_000_000),
  });
  const [firstTrained, ...rest] = [...params.train_months].sort();
  if (params.history_months.some((each) => each >= firstTrained)) {
    throw new Problem(
      `params.yaml: prepare.history_months must lie before the training months (${firstTrained})`,
    );
  }
  const lastTrained = rest.at(-1) ?? firstTrained;
  if (params.validate_month <= lastTrained) {
    throw new Problem(
      `params.yaml: prepare.validate_month must come after the training months (${lastTrained})`,
    );
  }
  return params;
}

/** Columns of the training and of the validation table, and the history of the airports used in both. */
export function buildFeatures({ past, train, validate, smoothing }) {
  const history = {
    origin: learnHistory({ airports: past.origin, late: past.late, smoothing }),
    destination: learnHistory({ airports: past.destination, late: past.late, smoothing }),
  };
  const withRates = (flights) => [
    ...inputColumns(flights),
    { name: 'origin_rate', type: 'FLOAT', data: lookUp(history.origin, flights.origin) },
    { name: 'destination_rate', type: 'FLOAT', data: lookUp(history.destination, flights.destination) },
  ];
  return { train: withRates(train), validate: withRates(validate), history };
}

runScript(import.meta.filename, async () => {
  const say = progress();
  const { history_months, train_months, validate_month, smoothing } = prepareParams();
  const past = await readFlights(history_months.map(monthFile));
  const train = await readFlights(train_months.map(monthFile));
  const validate = await readFlights([monthFile(validate_month)]);
  say(
    `read ${count(past.rows)} flights for history, ${count(train.rows)} to train, ${count(validate.rows)} to validate`,
  );

  const features = buildFeatures({ past, train, validate, smoothing });
  await writeTable('data/features/train.parquet', features.train);
  await writeTable('data/features/validate.parquet', features.validate);
  await writeJson('data/features/history.json', features.history);
  const { origin, destination } = features.history;
  const airports = new Set([...Object.keys(origin.rates), ...Object.keys(destination.rates)]).size;
  say(`wrote data/features; history of ${airports} airports`);
});
