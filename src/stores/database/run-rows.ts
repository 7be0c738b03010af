import type { RunId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { contentIdOfHex } from '#foundation/hash.ts';
import type { MetricRows } from './metric-rows.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { Row, SqlValue } from './sqlite-driver.ts';
import type { ListRuns, Run, RunFile, RunRecord, RunStatus, Tag } from './tracking-store.ts';

const SELECT_RUN = `
  SELECT r.id, r.run_id AS runId, CAST(r.experiment AS TEXT) AS experimentId, e.name AS experimentName, r.name,
    r.status, r.lifecycle, r.start_time AS startTime, r.end_time AS endTime, r.heartbeat_at AS heartbeatAt,
    r.exit_code AS exitCode
  FROM runs r JOIN experiments e ON e.id = r.experiment`;

/** Throws `not-found` for an id that no run has. */
export function requireRun(
  db: SqlDatabase,
  runId: RunId,
): { readonly id: number; readonly status: RunStatus } {
  const row = db.get('SELECT id, status FROM runs WHERE run_id = ?', runId);
  if (row !== undefined) return { id: Number(row.id), status: String(row.status) as RunStatus };
  throw new MloError('not-found', 'MLO_NO_SUCH_RUN', `there is no run ${runId}`, { hint: 'mlo runs list' });
}

/** Reads runs with all that hangs on them. */
export class RunRows {
  private readonly db: SqlDatabase;
  private readonly metrics: MetricRows;

  constructor(db: SqlDatabase, metrics: MetricRows) {
    this.db = db;
    this.metrics = metrics;
  }

  find(runId: RunId): RunRecord | undefined {
    const row = this.db.get(`${SELECT_RUN} WHERE r.run_id = ?`, runId);
    return row === undefined ? undefined : this.record(row);
  }

  require(runId: RunId): RunRecord {
    requireRun(this.db, runId);
    return this.find(runId) as RunRecord;
  }

  list(query: ListRuns): readonly RunRecord[] {
    const where = ['r.lifecycle = ?'];
    const values: SqlValue[] = [query.lifecycleStage ?? 'active'];
    const filter = (condition: string, value: SqlValue | undefined): void => {
      if (value === undefined) return;
      where.push(condition);
      values.push(value);
    };
    filter('r.experiment = CAST(? AS INTEGER)', query.experimentId);
    filter('r.status = ?', query.status);
    filter('r.name = ?', query.name);
    const order = orderOf(query);
    const rows = this.db.all(
      `${SELECT_RUN} ${order.join} WHERE ${where.join(' AND ')} ORDER BY ${order.by} LIMIT ?`,
      ...order.values,
      ...values,
      query.limit ?? -1,
    );
    return rows.map((row) => this.record(row));
  }

  private record(row: Row): RunRecord {
    const id = Number(row.id);
    return {
      run: toRun(row),
      experimentName: String(row.experimentName),
      params: this.pairs('params', id),
      metrics: this.metrics.latest(id),
      tags: this.pairs('tags', id),
      files: this.files(id),
    };
  }

  private pairs(table: 'params' | 'tags', run: number): readonly Tag[] {
    return this.db
      .all(
        `SELECT n.name AS key, t.value FROM ${table} t JOIN names n ON n.id = t.key WHERE t.run = ? ORDER BY n.name`,
        run,
      )
      .map((row) => ({ key: String(row.key), value: String(row.value) }));
  }

  private files(run: number): readonly RunFile[] {
    return this.db
      .all(
        'SELECT role, path, kind, lower(hex(content)) AS hex, size FROM run_files WHERE run = ? ORDER BY role, path',
        run,
      )
      .map((row) => ({
        role: String(row.role) as RunFile['role'],
        path: String(row.path),
        kind: row.kind === 'dir' ? 'dir' : 'file',
        id: contentIdOfHex(String(row.hex)),
        size: Number(row.size),
      }));
  }
}

function orderOf(query: ListRuns): { join: string; by: string; values: readonly SqlValue[] } {
  const newest = 'r.start_time DESC, r.id DESC';
  if (query.orderBy === undefined) return { join: '', by: newest, values: [] };
  return {
    join: `LEFT JOIN latest_metrics m ON m.run = r.id AND m.is_nan = 0
      AND m.key = (SELECT id FROM names WHERE name = ?)`,
    by: `m.value IS NULL, m.value ${query.orderBy.direction === 'asc' ? 'ASC' : 'DESC'}, ${newest}`,
    values: [query.orderBy.metric],
  };
}

function toRun(row: Row): Run {
  const optional = (value: SqlValue | undefined): number | undefined =>
    value === null || value === undefined ? undefined : Number(value);
  return {
    runId: String(row.runId) as RunId,
    experimentId: String(row.experimentId),
    name: String(row.name),
    status: String(row.status) as RunStatus,
    startTime: Number(row.startTime),
    endTime: optional(row.endTime),
    lifecycleStage: row.lifecycle === 'deleted' ? 'deleted' : 'active',
    heartbeatAt: optional(row.heartbeatAt),
    exitCode: optional(row.exitCode),
  };
}
