import { createRequire } from 'node:module';
import { chmod, copyFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { contentIdOf, newRunId } from '#foundation/hash.ts';
import { MIGRATIONS } from '#stores/database/migrations.ts';
import { openDatabase, type Database } from '#stores/database/open-database.ts';
import { fromSqlError, isBusy } from '#stores/database/sql-errors.ts';
import { loadSqlite, sqliteStatus, tryDriver } from '#stores/database/sqlite-driver.ts';
import { tempDir } from '../../../support/temp-dir.ts';

async function place(): Promise<{ file: AbsolutePath; nativeDir: AbsolutePath }> {
  const dir = await tempDir();
  return { file: join(dir, 'mlo.db') as AbsolutePath, nativeDir: dir };
}

async function filled(): Promise<{ file: AbsolutePath; nativeDir: AbsolutePath }> {
  const where = await place();
  const database = await openDatabase(where);
  for (let i = 0; i < 50; i += 1) await addRun(database, `run ${i}`);
  database.close();
  return where;
}

/** The same in one file, as a copy nobody has open: the write-ahead log would bring lost pages back. */
async function copied(): Promise<{ file: AbsolutePath; nativeDir: AbsolutePath }> {
  const where = await filled();
  const connection = loadSqlite(where.nativeDir).open(where.file);
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const copy = await place();
  await copyFile(where.file, copy.file);
  return copy;
}

async function addRun(database: Database, name: string): Promise<void> {
  const runId = newRunId();
  await database.tracking.createRun({ runId, experimentId: '0', name, startTime: 1 });
  const metrics = Array.from({ length: 40 }, (_, step) => ({
    key: 'loss',
    value: step / 7,
    timestamp: 1,
    step,
  }));
  await database.tracking.logBatch(runId, { metrics, params: [{ key: 'text', value: 'x'.repeat(500) }] });
}

describe('opening', () => {
  test('what was written is there after closing and opening again', async () => {
    const where = await filled();
    const { tracking, close } = await openDatabase(where);
    expect(await tracking.listRuns()).toHaveLength(50);
    close();
  });

  test('many openings of a fresh file at once make one schema', async () => {
    const where = await place();
    const all = await Promise.all(Array.from({ length: 8 }, () => openDatabase(where)));
    await Promise.all(all.map((each, i) => addRun(each, `run ${i}`)));
    expect(await all[0]?.tracking.recentRuns(100)).toHaveLength(8);
    for (const each of all) each.close();
  });

  test('a file of a newer mlo is refused, untouched, and says how to go on', async () => {
    const where = await filled();
    const connection = loadSqlite(where.nativeDir).open(where.file);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    connection.close();
    await expect(openDatabase(where)).rejects.toMatchObject({
      kind: 'config',
      code: 'MLO_DATABASE_TOO_NEW',
      message: expect.stringContaining(where.file),
      hint: expect.stringContaining('mlo@latest'),
    });
  });

  test('a SQLite file of another program is not taken over', async () => {
    const where = await place();
    const connection = loadSqlite(where.nativeDir).open(where.file);
    connection.exec('CREATE TABLE bookmarks (url TEXT)');
    connection.close();
    const before = await readFile(where.file);
    await expect(openDatabase(where)).rejects.toMatchObject({
      kind: 'integrity',
      message: expect.stringContaining('another program'),
    });
    expect((await readFile(where.file)).equals(before)).toBe(true);
  });

  test('a file that is no database is one integrity error', async () => {
    const where = await place();
    await writeFile(where.file, 'this is not a database. '.repeat(500));
    await expect(openDatabase(where)).rejects.toMatchObject({
      kind: 'integrity',
      code: 'MLO_DATABASE_DAMAGED',
      message: expect.stringContaining(where.file),
      hint: expect.stringContaining('mv '),
    });
  });

  test('a complete copy is no damage', async () => {
    const { tracking } = await openDatabase(await copied());
    expect(await tracking.listRuns()).toHaveLength(50);
  });

  test.each([0.3, 0.6, 0.9])('a file cut at %d of its length is an integrity error', async (share) => {
    const where = await copied();
    const { size } = await stat(where.file);
    await truncate(where.file, Math.floor((size * share) / 4096) * 4096);
    const use = async (): Promise<unknown> => {
      const { tracking } = await openDatabase(where);
      return (await tracking.listRuns()).length + (await tracking.recentRuns(100)).length;
    };
    await expect(use()).rejects.toMatchObject({ kind: 'integrity', code: 'MLO_DATABASE_DAMAGED' });
  });

  test('garbage in the middle of the file is an integrity error, not an internal one', async () => {
    const where = await copied();
    const bytes = await readFile(where.file);
    bytes.fill(0x5a, 4096, bytes.length - 4096);
    await writeFile(where.file, bytes);
    const use = async (): Promise<unknown> => (await openDatabase(where)).tracking.listRuns();
    await expect(use()).rejects.toMatchObject({ kind: 'integrity', code: 'MLO_DATABASE_DAMAGED' });
  });

  test('a folder in its place, or a missing one above it, is one error that names it', async () => {
    const dir = await tempDir();
    await expect(openDatabase({ file: dir, nativeDir: dir })).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(dir),
    });
    const file = join(dir, 'no', 'mlo.db') as AbsolutePath;
    await expect(openDatabase({ file, nativeDir: dir })).rejects.toMatchObject({
      message: expect.stringContaining(file),
    });
  });

  if (process.getuid?.() === 0)
    process.stderr.write('skipped: a file without permission: root may read all\n');
  test.skipIf(process.getuid?.() === 0)('a file without permission is one error that names it', async () => {
    const where = await filled();
    await chmod(where.file, 0o000);
    await expect(openDatabase(where)).rejects.toMatchObject({ code: 'MLO_NO_PERMISSION' });
  });
});

describe('guarantees', () => {
  test('registry events cannot be changed or deleted, whatever the SQL', async () => {
    const where = await place();
    const { registry } = await openDatabase(where);
    await registry.registerVersion({
      name: 'late',
      id: contentIdOf('m'),
      kind: 'file',
      size: 1,
      path: 'm.onnx',
      runId: undefined,
      gitCommit: undefined,
      description: '',
      createdAt: 1,
      createdBy: 'Ada',
    });
    const connection = loadSqlite(where.nativeDir).open(where.file);
    expect(() => connection.exec(`UPDATE registry_events SET by = 'Eve'`)).toThrow(/never changed/);
    expect(() => connection.exec('DELETE FROM registry_events')).toThrow(/never deleted/);
    connection.close();
    expect(await registry.listEvents('late')).toMatchObject([{ by: 'Ada' }]);
  });

  test('a NUL does not cut a text off', async () => {
    const where = await place();
    const { tracking } = await openDatabase(where);
    const runId = newRunId();
    await tracking.createRun({ runId, experimentId: '0', name: 'a', startTime: 1 });
    await tracking.logBatch(runId, { params: [{ key: 'k', value: 'before\0after' }] });
    expect((await tracking.getRun(runId))?.params[0]?.value).toBe('before\ufffdafter');
  });
});

describe('the driver', () => {
  test('doctor can say which SQLite runs and why', async () => {
    const status = sqliteStatus({ nativeDir: await tempDir() });
    expect(status.driver).toMatch(/^(libsql|better-sqlite3)$/);
    expect(status.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(status.sqlite).toMatch(/^3\.\d+\.\d+/);
    expect(status.reason).toContain('better-sqlite3');
  });

  test('a driver that is not there says so in words', async () => {
    const require = createRequire(join(await tempDir(), 'package.json'));
    expect(tryDriver({ driver: 'better-sqlite3', place: 'there', require })).toBe('not installed');
  });
});

describe('errors of SQLite', () => {
  const file = '/p/.mlo/mlo.db' as AbsolutePath;
  const sqlError = (code: string, rawCode?: number): Error =>
    Object.assign(new Error('text'), rawCode === undefined ? { code } : { code, rawCode });

  test.each([
    ['SQLITE_FULL', undefined, 'MLO_DISK_FULL'],
    ['SQLITE_IOERR_SHMSIZE', 4874, 'MLO_DISK_FULL'],
    ['UNKNOWN_SQLITE_ERROR_778', 778, 'MLO_IO'],
    ['SQLITE_IOERR_WRITE', undefined, 'MLO_IO'],
    ['SQLITE_READONLY', 8, 'MLO_NO_PERMISSION'],
    ['SQLITE_CORRUPT_VTAB', undefined, 'MLO_DATABASE_DAMAGED'],
    ['SQLITE_BUSY_SNAPSHOT', 517, 'MLO_DATABASE_BUSY'],
  ])('%s (%s) is %s', (code, rawCode, expected) => {
    expect(fromSqlError(sqlError(code, rawCode), file)).toMatchObject({
      code: expected,
      message: expect.stringContaining(file),
    });
  });

  test('busy is worth another try, others are not', () => {
    expect(isBusy(sqlError('SQLITE_BUSY'))).toBe(true);
    expect(isBusy(sqlError('SQLITE_BUSY', 261))).toBe(true);
    expect(isBusy(sqlError('SQLITE_FULL'))).toBe(false);
    expect(isBusy(new Error('SQLITE_BUSY'))).toBe(false);
  });

  test('a bug stays a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(fromSqlError(bug, file)).toBe(bug);
  });
});
