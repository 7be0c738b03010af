import { setTimeout as delay } from 'node:timers/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import { damaged, fromSqlError, isBusy } from './sql-errors.ts';
import type { Row, SqlConnection, SqliteDriver, SqlStatement, SqlValue } from './sqlite-driver.ts';

/** "mlo1" in ASCII: tells our file from any other SQLite database. */
const APPLICATION_ID = 0x6d6c6f31;
/** SQLite waits this long by blocking the process; then mlo waits without blocking and tries again. */
const BUSY_MS = 250;
const OPEN_BUSY_MS = 5_000;
const PATIENCE_MS = 60_000;

/**
 * 'process': survives the death of the process (write-ahead log, synchronous NORMAL). 'disk': survives a power
 * cut as well; the fsync covers everything written before it, so ending a run makes all of the run durable.
 */
export type Durability = 'process' | 'disk';

/** One SQLite file: opened, migrated, with transactions that wait for other processes. */
export class SqlDatabase {
  private readonly connection: SqlConnection;
  private readonly file: AbsolutePath;
  private readonly statements = new Map<string, SqlStatement>();
  private durability: Durability = 'process';

  private constructor(connection: SqlConnection, file: AbsolutePath) {
    this.connection = connection;
    this.file = file;
  }

  /**
   * Opens or makes the file and brings its schema up to date. Throws `integrity` for a damaged or foreign
   * file and `config` MLO_DATABASE_TOO_NEW for one a newer mlo has written.
   */
  static async open(driver: SqliteDriver, file: AbsolutePath): Promise<SqlDatabase> {
    const opened = await patiently(file, () => {
      const connection = driver.open(file);
      try {
        connection.exec(`PRAGMA busy_timeout = ${OPEN_BUSY_MS}`);
        const database = new SqlDatabase(connection, file);
        // One snapshot: another process may be making the schema right now.
        database.transaction('DEFERRED', () => database.refuseForeign());
        connection.exec('PRAGMA journal_mode = WAL');
        connection.exec('PRAGMA synchronous = NORMAL');
        connection.exec('PRAGMA foreign_keys = ON');
        return database;
      } catch (error) {
        connection.close();
        throw error;
      }
    });
    await opened.migrate();
    opened.connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return opened;
  }

  /** One write transaction. `work` must not wait and may run more than once. */
  async write<T>(work: () => T, durability: Durability = 'process'): Promise<T> {
    return patiently(this.file, () => {
      this.setDurability(durability);
      return this.transaction('IMMEDIATE', work);
    });
  }

  /** One read transaction: every statement sees the same state. */
  async read<T>(work: () => T): Promise<T> {
    return patiently(this.file, () => this.transaction('DEFERRED', work));
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.statement(sql).run(...values);
  }

  get(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.statement(sql).get(...values);
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    return this.statement(sql).all(...values);
  }

  /** libsql lets go of the file only when the statements made from it are collected, too. */
  close(): void {
    this.statements.clear();
    this.connection.close();
  }

  private statement(sql: string): SqlStatement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const made = this.connection.prepare(sql);
    this.statements.set(sql, made);
    return made;
  }

  private transaction<T>(mode: 'IMMEDIATE' | 'DEFERRED', work: () => T): T {
    this.connection.exec(`BEGIN ${mode}`);
    try {
      const result = work();
      this.connection.exec('COMMIT');
      return result;
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** SQLite has rolled back by itself after a full disk or an I/O error; that is no second error. */
  private rollBack(): void {
    try {
      this.connection.exec('ROLLBACK');
    } catch {
      // Nothing left to roll back.
    }
  }

  private setDurability(durability: Durability): void {
    if (this.durability === durability) return;
    this.connection.exec(`PRAGMA synchronous = ${durability === 'disk' ? 'FULL' : 'NORMAL'}`);
    this.durability = durability;
  }

  private pragma(name: 'user_version' | 'application_id'): number {
    // Not through the cache: a statement prepared before a migration would be stale.
    return Number(this.connection.prepare(`PRAGMA ${name}`).get()?.[name]);
  }

  private refuseForeign(): void {
    const id = this.pragma('application_id');
    if (id === 0 && this.pragma('user_version') === 0) {
      const tables = this.connection.prepare('SELECT count(*) AS tables FROM sqlite_schema').get();
      if (tables?.tables === 0) return;
    }
    if (id !== APPLICATION_ID) throw damaged(this.file, 'it is a SQLite database of another program');
    const version = this.pragma('user_version');
    if (version <= MIGRATIONS.length) return;
    throw new MloError(
      'config',
      'MLO_DATABASE_TOO_NEW',
      `${this.file} has schema version ${version}; this mlo knows versions up to ${MIGRATIONS.length}`,
      { hint: 'npm install --global mlo@latest', details: { version, known: MIGRATIONS.length } },
    );
  }

  private async migrate(): Promise<void> {
    if (this.pragma('user_version') === MIGRATIONS.length) return;
    await this.write(() => {
      // Another process may have been first.
      const steps = MIGRATIONS.slice(this.pragma('user_version'));
      for (const step of steps) this.connection.exec(step);
      if (steps.length === 0) return;
      this.connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      this.connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    }, 'disk');
  }
}

/** Tries again while others hold the database, and gives SQLite's errors their meaning. */
async function patiently<T>(file: AbsolutePath, work: () => T): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw fromSqlError(error, file);
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}
