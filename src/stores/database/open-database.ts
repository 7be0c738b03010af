import type { AbsolutePath } from '#foundation/brands.ts';
import { systemClock, type Clock } from '#foundation/clock.ts';
import type { RegistryStore } from './registry-store.ts';
import { SqlDatabase } from './sql-database.ts';
import { loadSqlite, type SqliteDriver } from './sqlite-driver.ts';
import { SqliteRegistryStore } from './sqlite-registry-store.ts';
import { SqliteTrackingStore } from './sqlite-tracking-store.ts';
import type { TrackingStore } from './tracking-store.ts';

export interface Database {
  readonly tracking: TrackingStore;
  readonly registry: RegistryStore;
  /** Not needed before the process ends. */
  close(): void;
}

/**
 * Opens the project's SQLite file, makes it when missing and brings its schema up to date. Throws
 * `missing-tool` without a SQLite engine, `integrity` for a damaged file, `config` for one of a newer mlo.
 */
export async function openDatabase(options: {
  readonly file: AbsolutePath;
  readonly nativeDir: AbsolutePath;
  readonly driver?: SqliteDriver;
  readonly clock?: Clock;
}): Promise<Database> {
  const clock = options.clock ?? systemClock;
  const db = await SqlDatabase.open(options.driver ?? loadSqlite(options.nativeDir), options.file);
  return {
    tracking: new SqliteTrackingStore(db, () => clock.now()),
    registry: new SqliteRegistryStore(db),
    close: () => db.close(),
  };
}
