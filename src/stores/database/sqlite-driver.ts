import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { messageOf, MloError } from '#foundation/errors.ts';

/** What goes into and comes out of SQLite. Blobs travel as hex text, 64-bit ids as decimal text. */
export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

export interface SqlStatement {
  /** Number of rows changed. */
  run(...values: readonly SqlValue[]): number;
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): readonly Row[];
}

export interface SqlConnection {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

export type DriverName = 'better-sqlite3' | 'libsql';

/** Which SQLite runs and why: for `mlo doctor`. */
export interface SqliteStatus {
  readonly driver: DriverName;
  /** Version of the npm package. */
  readonly version: string;
  /** Version of SQLite inside. */
  readonly sqlite: string;
  readonly reason: string;
}

export interface SqliteDriver {
  readonly status: SqliteStatus;
  open(file: string): SqlConnection;
}

/** The part of better-sqlite3's interface that libsql offers too. */
interface NativeConstructor {
  new (file: string): NativeConnection;
}
interface NativeConnection {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(values: readonly SqlValue[]): { readonly changes: number };
    get(values: readonly SqlValue[]): unknown;
    all(values: readonly SqlValue[]): unknown;
  };
  close(): unknown;
}

export interface DriverPlace {
  readonly driver: DriverName;
  readonly place: string;
  readonly require: NodeJS.Require;
}

let loaded: SqliteDriver | undefined;

/**
 * better-sqlite3 when its compiled part loads (beside mlo, then in the folder of `mlo doctor --fix`), else
 * libsql, which brings its binary along. One driver a process: two copies of SQLite on one file in one
 * process break each other's locks. Throws `missing-tool` when neither loads.
 */
export function loadSqlite(nativeDir: AbsolutePath): SqliteDriver {
  return (loaded ??= firstThatLoads(nativeDir));
}

export function sqliteStatus(options: { readonly nativeDir: AbsolutePath }): SqliteStatus {
  return loadSqlite(options.nativeDir).status;
}

function firstThatLoads(nativeDir: AbsolutePath): SqliteDriver {
  const near = createRequire(import.meta.url);
  const native = createRequire(join(nativeDir, 'package.json'));
  const attempts: readonly DriverPlace[] = [
    { driver: 'better-sqlite3', place: 'beside mlo', require: near },
    { driver: 'better-sqlite3', place: nativeDir, require: native },
    { driver: 'libsql', place: 'beside mlo', require: near },
  ];
  const problems: string[] = [];
  for (const attempt of attempts) {
    const outcome = tryDriver(attempt, problems);
    if (typeof outcome !== 'string') return outcome;
    problems.push(`${attempt.driver} ${attempt.place}: ${outcome}`);
  }
  throw new MloError('missing-tool', 'MLO_NO_SQLITE', `no SQLite engine loads: ${problems.join('; ')}`, {
    hint: 'install mlo again, or: mlo doctor --fix',
    details: { problems },
  });
}

/** The driver, or in a few words why it does not work. The binary is found only when a database is opened. */
export function tryDriver(attempt: DriverPlace, problems: readonly string[] = []): SqliteDriver | string {
  try {
    const Native = loadPackage(attempt);
    const open = (file: string): SqlConnection => connection(new Native(file));
    const probe = open(':memory:');
    const sqlite = String(probe.prepare('SELECT sqlite_version() AS version').get()?.version);
    probe.close();
    const version = packageVersion(attempt);
    const reason =
      attempt.driver === 'libsql'
        ? `better-sqlite3 does not load (${problems.join('; ')})`
        : `better-sqlite3 loads from ${attempt.place}`;
    return { status: { driver: attempt.driver, version, sqlite, reason }, open };
  } catch (error) {
    const text = messageOf(error).split('\n')[0] ?? '';
    if (text.startsWith('Cannot find module')) return 'not installed';
    return text.startsWith('Could not locate the bindings file') ? 'not compiled' : text;
  }
}

/** The names stand here in full: tools that list what mlo depends on read them. */
function loadPackage({ driver, require }: DriverPlace): NativeConstructor {
  return (driver === 'libsql' ? require('libsql') : require('better-sqlite3')) as NativeConstructor;
}

/** Read from the file: libsql's exports do not let its package.json be required. */
function packageVersion(place: DriverPlace): string {
  const entry = place.require.resolve(place.driver);
  const end =
    entry.lastIndexOf(join('node_modules', place.driver)) + join('node_modules', place.driver).length;
  const text = readFileSync(join(entry.slice(0, end), 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function connection(native: NativeConnection): SqlConnection {
  return {
    exec: (sql) => void native.exec(sql),
    prepare: (sql) => {
      const statement = native.prepare(sql);
      // One array, always: libsql takes a lone null or object for named values.
      return {
        run: (...values) => statement.run(values.map(withoutNul)).changes,
        get: (...values) => statement.get(values.map(withoutNul)) as Row | undefined,
        all: (...values) => statement.all(values.map(withoutNul)) as readonly Row[],
      };
    },
    close: () => void native.close(),
  };
}

/** libsql gives text back only up to its first NUL. */
function withoutNul(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}
