import { openTable } from './tables.js';

/** A flight is late when it arrives more than this many minutes after its time (the US DOT's rule). */
export const LATE_MINUTES = 15;

/** What the model is asked with, in the order of its inputs. */
export const INPUTS = ['hour', 'weekday', 'distance', 'origin', 'destination'];

const DAY = 86_400_000;

export function monthFile(month) {
  return `data/flights-${month}.parquet`;
}

/**
 * The flights of some months as columns. `hour` (0-23) and `weekday` (1 Monday … 7 Sunday) are those of the
 * departure in local time, `day` counts days since 1970, `late` is 1 for more than 15 minutes.
 */
export async function readFlights(paths) {
  const tables = [];
  for (const path of paths) tables.push(await openTable(path, 'run "npm run months" or "mlo pull"'));
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const flights = {
    rows,
    hour: new Uint8Array(rows),
    weekday: new Uint8Array(rows),
    day: new Uint16Array(rows),
    distance: new Float32Array(rows),
    origin: new Array(rows),
    destination: new Array(rows),
    late: new Uint8Array(rows),
  };
  let at = 0;
  for (const table of tables) {
    for await (const { rows: size, data } of table.groups([
      'date',
      'delay',
      'distance',
      'origin',
      'destination',
    ])) {
      for (let row = 0; row < size; row += 1, at += 1) {
        const millis = Number(data.date[row]) / 1000;
        const day = Math.floor(millis / DAY);
        flights.hour[at] = Math.floor((millis - day * DAY) / 3_600_000);
        flights.weekday[at] = ((day + 3) % 7) + 1; // 1 January 1970 was a Thursday
        flights.day[at] = day;
        flights.distance[at] = Number(data.distance[row]);
        flights.origin[at] = data.origin[row];
        flights.destination[at] = data.destination[row];
        flights.late[at] = data.delay[row] > LATE_MINUTES ? 1 : 0;
      }
    }
  }
  return flights;
}

/** The columns that every feature file has: the model's inputs, and the answer. */
export function inputColumns(flights) {
  return [
    { name: 'hour', type: 'INT32', data: flights.hour },
    { name: 'weekday', type: 'INT32', data: flights.weekday },
    { name: 'distance', type: 'FLOAT', data: flights.distance },
    { name: 'origin', type: 'STRING', data: flights.origin },
    { name: 'destination', type: 'STRING', data: flights.destination },
    { name: 'late', type: 'INT32', data: flights.late },
  ];
}
