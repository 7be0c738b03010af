import { randomBytes } from 'node:crypto';
import type { ContentId, RunId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { hexOf } from '#foundation/hash.ts';
import { MetricRows } from './metric-rows.ts';
import { NameIds } from './name-ids.ts';
import { RunRows, requireRun } from './run-rows.ts';
import type { SqlDatabase } from './sql-database.ts';
import type {
  Experiment,
  ListRuns,
  Metric,
  NewRun,
  Param,
  Run,
  RunBatch,
  RunChange,
  RunFile,
  RunRecord,
  TrackingStore,
} from './tracking-store.ts';

const EXPERIMENT_COLUMNS = 'CAST(id AS TEXT) AS id, name, lifecycle, created_at AS createdAt';
/** Ids beyond 2^53 do not fit a number: they travel as text. */
const AS_ID = 'CAST(? AS INTEGER)';

export class SqliteTrackingStore implements TrackingStore {
  private readonly db: SqlDatabase;
  private readonly now: () => number;
  private readonly names: NameIds;
  private readonly metrics: MetricRows;
  private readonly runs: RunRows;

  constructor(db: SqlDatabase, now: () => number) {
    this.db = db;
    this.now = now;
    this.names = new NameIds(db);
    this.metrics = new MetricRows(db);
    this.runs = new RunRows(db, this.metrics);
  }

  async experimentByName(name: string): Promise<Experiment> {
    const known = await this.db.read(() => this.findExperiment(name));
    if (known !== undefined) return known;
    return this.db.write(() => {
      const id = name === 'Default' ? '0' : randomExperimentId();
      this.db.run(
        `INSERT OR IGNORE INTO experiments (id, name, created_at) VALUES (${AS_ID}, ?, ?)`,
        id,
        name,
        this.now(),
      );
      const made = this.findExperiment(name);
      if (made === undefined) throw new Error(`experiment id ${id} is taken`);
      return made;
    });
  }

  async listExperiments(): Promise<readonly Experiment[]> {
    await this.experimentByName('Default');
    return this.db.read(() =>
      this.db.all(`SELECT ${EXPERIMENT_COLUMNS} FROM experiments ORDER BY created_at, id`).map(toExperiment),
    );
  }

  async createRun(run: NewRun): Promise<Run> {
    return this.db.write(() => {
      if (run.experimentId !== '0') this.requireExperiment(run.experimentId);
      else
        this.db.run(
          `INSERT OR IGNORE INTO experiments (id, name, created_at) VALUES (0, 'Default', ?)`,
          this.now(),
        );
      this.db.run(
        `INSERT INTO runs (run_id, experiment, name, status, start_time, heartbeat_at)
         VALUES (?, ${AS_ID}, ?, 'RUNNING', ?, ?)`,
        run.runId,
        run.experimentId,
        run.name,
        run.startTime,
        run.startTime,
      );
      this.writeBatch(run.runId, { tags: run.tags ?? [] });
      return this.runs.require(run.runId).run;
    });
  }

  async logBatch(runId: RunId, batch: RunBatch): Promise<void> {
    await this.db.write(() => this.writeBatch(runId, batch));
  }

  async updateRun(runId: RunId, change: RunChange): Promise<boolean> {
    const ends = change.status !== undefined && change.status !== 'RUNNING' && change.status !== 'SCHEDULED';
    return this.db.write(
      () => {
        const { status } = requireRun(this.db, runId);
        if (change.ifStatus !== undefined && change.ifStatus !== status) return false;
        this.db.run(
          `UPDATE runs SET status = coalesce(?, status), end_time = coalesce(?, end_time), name = coalesce(?, name),
             heartbeat_at = coalesce(?, heartbeat_at), exit_code = coalesce(?, exit_code),
             lifecycle = coalesce(?, lifecycle) WHERE run_id = ?`,
          change.status ?? null,
          change.endTime ?? null,
          change.name ?? null,
          change.heartbeatAt ?? null,
          change.exitCode ?? null,
          change.lifecycleStage ?? null,
          runId,
        );
        return true;
      },
      ends ? 'disk' : 'process',
    );
  }

  async getRun(runId: RunId): Promise<RunRecord | undefined> {
    return this.db.read(() => this.runs.find(runId));
  }

  async findRunIds(prefix: string): Promise<readonly RunId[]> {
    if (!/^[0-9a-f]{4,32}$/.test(prefix)) return [];
    // A range, not LIKE: it uses the index.
    return this.db.read(() =>
      this.db
        .all(
          'SELECT run_id AS runId FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY start_time DESC, id DESC',
          prefix,
          `${prefix}g`,
        )
        .map((row) => String(row.runId) as RunId),
    );
  }

  async listRuns(query: ListRuns = {}): Promise<readonly RunRecord[]> {
    return this.db.read(() => this.runs.list(query));
  }

  async metricHistory(runId: RunId, key: string): Promise<readonly Metric[]> {
    return this.db.read(() => this.metrics.history(requireRun(this.db, runId).id, key));
  }

  async recentRuns(limit: number): Promise<readonly { readonly runId: RunId; readonly name: string }[]> {
    return this.db.read(() =>
      this.db
        .all(
          `SELECT run_id AS runId, name FROM runs WHERE lifecycle = 'active'
           ORDER BY start_time DESC, id DESC LIMIT ?`,
          limit,
        )
        .map((row) => ({ runId: String(row.runId) as RunId, name: String(row.name) })),
    );
  }

  async runsWithFile(id: ContentId, role: RunFile['role']): Promise<readonly RunId[]> {
    return this.db.read(() =>
      this.db
        .all(
          `SELECT DISTINCT r.run_id AS runId, r.start_time, r.id FROM run_files f JOIN runs r ON r.id = f.run
           WHERE f.content = unhex(?) AND f.role = ? ORDER BY r.start_time DESC, r.id DESC`,
          hexOf(id),
          role,
        )
        .map((row) => String(row.runId) as RunId),
    );
  }

  private writeBatch(runId: RunId, batch: RunBatch): void {
    const { id } = requireRun(this.db, runId);
    const names = this.names.inTransaction();
    for (const param of batch.params ?? []) this.writeParam(runId, id, names(param.key), param);
    for (const param of batch.defaultParams ?? []) {
      this.db.run(
        'INSERT OR IGNORE INTO params (run, key, value, is_default) VALUES (?, ?, ?, 1)',
        id,
        names(param.key),
        param.value,
      );
    }
    for (const metric of batch.metrics ?? []) this.metrics.add(id, names(metric.key), metric);
    for (const tag of batch.tags ?? []) {
      this.db.run(
        'INSERT INTO tags (run, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
        id,
        names(tag.key),
        tag.value,
      );
    }
    for (const file of batch.files ?? []) this.writeFile(id, file);
  }

  private writeParam(runId: RunId, run: number, key: number, param: Param): void {
    const known = this.db.get(
      'SELECT value, is_default AS isDefault FROM params WHERE run = ? AND key = ?',
      run,
      key,
    );
    if (known !== undefined && known.isDefault === 0 && known.value !== param.value) {
      throw new MloError(
        'conflict',
        'MLO_PARAM_CHANGED',
        `param "${param.key}" of run ${runId} is "${String(known.value)}" already and cannot become "${param.value}"`,
        {
          hint: 'a param is fixed once logged; use a metric for values that change, or another name',
          details: { runId, key: param.key, value: known.value, newValue: param.value },
        },
      );
    }
    this.db.run(
      `INSERT INTO params (run, key, value, is_default) VALUES (?, ?, ?, 0)
       ON CONFLICT DO UPDATE SET value = excluded.value, is_default = 0`,
      run,
      key,
      param.value,
    );
  }

  private writeFile(run: number, file: RunFile): void {
    this.db.run(
      `INSERT INTO run_files (run, role, path, kind, content, size) VALUES (?, ?, ?, ?, unhex(?), ?)
       ON CONFLICT DO UPDATE SET kind = excluded.kind, content = excluded.content, size = excluded.size`,
      run,
      file.role,
      file.path,
      file.kind,
      hexOf(file.id),
      file.size,
    );
  }

  private findExperiment(name: string): Experiment | undefined {
    const row = this.db.get(`SELECT ${EXPERIMENT_COLUMNS} FROM experiments WHERE name = ?`, name);
    return row === undefined ? undefined : toExperiment(row);
  }

  private requireExperiment(experimentId: string): void {
    const row = this.db.get(`SELECT name FROM experiments WHERE id = ${AS_ID}`, experimentId);
    if (row !== undefined) return;
    throw new MloError(
      'not-found',
      'MLO_NO_SUCH_EXPERIMENT',
      `there is no experiment with id ${experimentId}`,
    );
  }
}

function toExperiment(row: Readonly<Record<string, unknown>>): Experiment {
  return {
    experimentId: String(row.id),
    name: String(row.name),
    lifecycleStage: row.lifecycle === 'deleted' ? 'deleted' : 'active',
    createdAt: Number(row.createdAt),
  };
}

/** 63 random bits, never 0: experiments of two clones can be merged without a clash. */
function randomExperimentId(): string {
  const bits = BigInt.asUintN(63, randomBytes(8).readBigUInt64BE());
  return String(bits === 0n ? 1n : bits);
}
