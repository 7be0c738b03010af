import type { MetricPoint } from './metric-points.ts';

/** Columns that count, best first; the others of them stay metrics. */
const STEP_KEYS = ['step', 'global_step', 'iteration', 'iter', 'epoch'];
const TIME_KEYS = ['timestamp', 'time'];
/** Between 2001 and 2286 in milliseconds; in seconds a thousandth of it. A "time" of 0.35 is a metric. */
const MILLISECONDS = { from: 1e12, to: 1e13 };

/** The points of one row of a log: which column is the step, which the time, which are metrics. */
export function rowPoints(row: ReadonlyMap<string, number>, index: number): readonly MetricPoint[] {
  const stepKey = STEP_KEYS.find((key) => Number.isInteger(row.get(key)));
  const timeKey = TIME_KEYS.find((key) => timeOf(row.get(key)) !== undefined);
  const step = stepKey === undefined ? index : (row.get(stepKey) ?? index);
  const timestamp = timeKey === undefined ? undefined : timeOf(row.get(timeKey));
  const points: MetricPoint[] = [];
  for (const [key, value] of row) {
    if (key === stepKey || key === timeKey) continue;
    points.push({ key, value, step, ...(timestamp === undefined ? {} : { timestamp }) });
  }
  return points;
}

function timeOf(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value >= MILLISECONDS.from && value < MILLISECONDS.to) return Math.trunc(value);
  const fromSeconds = value * 1000;
  return fromSeconds >= MILLISECONDS.from && fromSeconds < MILLISECONDS.to
    ? Math.trunc(fromSeconds)
    : undefined;
}
