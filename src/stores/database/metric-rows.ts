import type { SqlDatabase } from './sql-database.ts';
import type { Row } from './sqlite-driver.ts';
import type { Metric, MetricSummary } from './tracking-store.ts';

const NEWER = '(excluded.step, excluded.time, excluded.value) > (step, time, value)';

const UPDATE_LATEST = `
  INSERT INTO latest_metrics (run, key, step, time, value, is_nan, min, max, count)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT DO UPDATE SET
    count = count + 1,
    min = coalesce(min(min, excluded.min), min, excluded.min),
    max = coalesce(max(max, excluded.max), max, excluded.max),
    step = iif(${NEWER}, excluded.step, step),
    time = iif(${NEWER}, excluded.time, time),
    value = iif(${NEWER}, excluded.value, value),
    is_nan = iif(${NEWER}, excluded.is_nan, is_nan)`;

/** Metric points and the summary row each key of a run has. */
export class MetricRows {
  private readonly db: SqlDatabase;

  constructor(db: SqlDatabase) {
    this.db = db;
  }

  /** The same point twice (a retry after a lost answer) counts once. */
  add(run: number, key: number, metric: Metric): void {
    const isNan = Number.isNaN(metric.value);
    const value = isNan ? 0 : metric.value;
    const step = Math.trunc(metric.step);
    const time = Math.trunc(metric.timestamp);
    const added = this.db.run(
      'INSERT OR IGNORE INTO metrics (run, key, step, time, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)',
      run,
      key,
      step,
      time,
      value,
      isNan ? 1 : 0,
    );
    if (added === 0) return;
    const bound = isNan ? null : value;
    this.db.run(UPDATE_LATEST, run, key, step, time, value, isNan ? 1 : 0, bound, bound);
  }

  latest(run: number): readonly MetricSummary[] {
    return this.db
      .all(
        `SELECT n.name AS key, m.step, m.time, m.value, m.is_nan AS isNan, m.min, m.max, m.count
         FROM latest_metrics m JOIN names n ON n.id = m.key WHERE m.run = ? ORDER BY n.name`,
        run,
      )
      .map((row) => ({
        ...toMetric(row, String(row.key)),
        min: row.min === null ? undefined : Number(row.min),
        max: row.max === null ? undefined : Number(row.max),
        count: Number(row.count),
      }));
  }

  /** In step order. */
  history(run: number, key: string): readonly Metric[] {
    return this.db
      .all(
        `SELECT step, time, value, is_nan AS isNan FROM metrics
         WHERE run = ? AND key = (SELECT id FROM names WHERE name = ?) ORDER BY step, time, value, is_nan`,
        run,
        key,
      )
      .map((row) => toMetric(row, key));
  }
}

function toMetric(row: Row, key: string): Metric {
  return {
    key,
    value: row.isNan === 1 ? Number.NaN : Number(row.value),
    timestamp: Number(row.time),
    step: Number(row.step),
  };
}
