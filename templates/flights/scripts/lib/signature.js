import { LATE_MINUTES } from './flights.js';

export const CLASSES = ['on time', 'late'];

/** What the model takes and gives, for those who call it. A row is one flight; `-1` is any number of rows. */
export function signature(history) {
  const tensor = (name, dtype, rest) => ({ name, dtype, shape: [-1, 1], ...rest });
  const airport = (end, what) => {
    const known = Object.keys(history[end].rates).length;
    return tensor(end, 'string', {
      description: `${what}, IATA code; ${known} are known, others count as average`,
    });
  };
  const inputs = [
    tensor('hour', 'int64', { min: 0, max: 23, description: 'hour of departure, local time' }),
    tensor('weekday', 'int64', { min: 1, max: 7, description: 'day of departure, 1 Monday to 7 Sunday' }),
    tensor('distance', 'float32', { min: 0, description: 'miles between the airports' }),
    airport('origin', 'airport of departure'),
    airport('destination', 'airport of arrival'),
  ];
  const outputs = [
    tensor('probability', 'float32', { description: `of arriving more than ${LATE_MINUTES} minutes late` }),
    tensor('late', 'int64', { classes: CLASSES }),
  ];
  const columns = inputs.map(({ name, dtype }) => ({ name, dtype, input: name, index: 0 }));
  return { version: 1, inputs, outputs, columns, classes: CLASSES };
}

/** A request to try: a Friday evening from Chicago, a Tuesday morning, and an airport nobody has heard of. */
export const EXAMPLE = {
  inputs: {
    hour: [19, 6, 12],
    weekday: [5, 2, 3],
    distance: [733, 2475, 500],
    origin: ['ORD', 'JFK', 'ZZZ'],
    destination: ['LGA', 'LAX', 'SFO'],
  },
};
