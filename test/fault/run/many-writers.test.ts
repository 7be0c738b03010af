import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath, RunId } from '#foundation/brands.ts';
import { newRunId } from '#foundation/hash.ts';
import { openDatabase } from '#stores/database/open-database.ts';
import { PACKAGE_DIR } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** A process that logs point after point to its own run and tells after each one that it is written. */
const WRITER = `
import { openDatabase } from '#stores/database/open-database.ts';
const [file, runId, count] = process.argv.slice(2);
const { tracking, registry } = await openDatabase({ file, nativeDir: '/nonexistent' });
await tracking.createRun({ runId, experimentId: '0', name: runId, startTime: Date.now() });
process.send('ready');
await new Promise((resolve) => process.once('message', resolve));
for (let step = 0; step < Number(count); step += 1) {
  await tracking.logBatch(runId, {
    params: [{ key: 'p' + step % 50, value: 'v' }],
    metrics: [{ key: 'loss', value: step / 3, timestamp: 1, step }],
  });
  process.send({ written: step });
  if (step % 25 === 0) {
    await registry.registerVersion({ name: 'shared', id: 'sha256:' + runId + runId, kind: 'file', size: 1, path: 'm',
      runId, gitCommit: undefined, description: '', createdAt: 1, createdBy: runId });
  }
}
process.disconnect();
`;

async function writerProgram(dir: string): Promise<string> {
  const outfile = join(dir, 'writer.mjs');
  await symlink(join(PACKAGE_DIR, 'node_modules'), join(dir, 'node_modules'));
  await build({
    stdin: { contents: WRITER, resolveDir: PACKAGE_DIR, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['libsql', 'better-sqlite3'],
    absWorkingDir: PACKAGE_DIR,
  });
  return outfile;
}

interface Writer {
  readonly runId: RunId;
  readonly child: ChildProcess;
  /** Last step the process knows to be written. */
  written: number;
  readonly done: Promise<unknown>;
}

async function startWriters(dir: string, file: string, count: number): Promise<readonly Writer[]> {
  const program = await writerProgram(dir);
  const writers = Array.from({ length: 8 }, (): Writer => {
    const runId = newRunId();
    const child = fork(program, [file, runId, String(count)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const writer: Writer = { runId, child, written: -1, done: once(child, 'exit') };
    child.on('message', (message) => {
      if (typeof message === 'object' && 'written' in message) writer.written = message.written as number;
    });
    return writer;
  });
  await Promise.all(writers.map(({ child }) => once(child, 'message')));
  for (const { child } of writers) child.send('go');
  return writers;
}

describe('eight processes on one database', () => {
  test('lose no row, never give up on a lock, and number versions without a gap', async () => {
    const dir = await tempDir();
    const file = join(dir, 'mlo.db') as AbsolutePath;
    const writers = await startWriters(dir, file, 100);
    await Promise.all(writers.map((writer) => writer.done));
    expect(writers.map((writer) => writer.child.exitCode)).toEqual(Array(8).fill(0));
    const { tracking, registry } = await openDatabase({ file, nativeDir: dir });
    for (const { runId } of writers) {
      const history = await tracking.metricHistory(runId, 'loss');
      expect(history.map((point) => [point.step, point.value])).toEqual(
        Array.from({ length: 100 }, (_, step) => [step, step / 3]),
      );
      expect((await tracking.getRun(runId))?.params).toHaveLength(50);
    }
    const versions = await registry.listVersions('shared');
    expect(versions.map((each) => each.version)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    expect(await registry.resolveAlias('shared', 'candidate')).toBe(32);
    expect(await registry.listEvents('shared')).toHaveLength(32);
  });

  test('kill -9 of all of them: every row that was acknowledged is there, whole batches only', async () => {
    const dir = await tempDir();
    const file = join(dir, 'mlo.db') as AbsolutePath;
    const writers = await startWriters(dir, file, 100_000);
    await expect
      .poll(() => Math.min(...writers.map((writer) => writer.written)), { timeout: 30_000 })
      .toBeGreaterThan(10);
    for (const { child } of writers) child.kill('SIGKILL');
    await Promise.all(writers.map((writer) => writer.done));
    const { tracking } = await openDatabase({ file, nativeDir: dir });
    for (const { runId, written } of writers) {
      const steps = (await tracking.metricHistory(runId, 'loss')).map((point) => point.step);
      expect(steps).toEqual(Array.from({ length: steps.length }, (_, step) => step));
      expect(steps.length).toBeGreaterThan(written);
      const record = await tracking.getRun(runId);
      expect(record?.params).toHaveLength(Math.min(50, steps.length));
      expect(record?.metrics[0]).toMatchObject({ count: steps.length, step: steps.length - 1 });
    }
    await tracking.logBatch(writers[0]!.runId, { params: [{ key: 'after', value: 'fine' }] });
  });
});
