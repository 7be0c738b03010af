import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { projectPaths, type ProjectPaths } from '#foundation/paths.ts';
import { StageJournal } from '#stores/stage-journal/stage-journal.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const OUTS = [
  { path: 'model.bin' as RepoPath, persist: false },
  { path: 'out/tree' as RepoPath, persist: false },
  { path: 'state.txt' as RepoPath, persist: true },
  { path: 'new/report.txt' as RepoPath, persist: false },
];

/** A workspace with a file, a folder, a persistent file; `new/report.txt` does not exist yet. */
async function workspace(): Promise<{ paths: ProjectPaths; dir: AbsolutePath }> {
  const dir = await tempDir();
  await writeFile(join(dir, 'model.bin'), 'old model');
  await mkdir(join(dir, 'out/tree/sub'), { recursive: true });
  await writeFile(join(dir, 'out/tree/sub/a.txt'), 'old a');
  await writeFile(join(dir, 'state.txt'), 'old state');
  return { paths: projectPaths(dir), dir };
}

/** What lies in the workspace outside .mlo, by path. */
async function files(dir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(dir.length + 1);
    if (entry.isFile() && !path.startsWith('.mlo/')) found[path] = await readFile(join(dir, path), 'utf8');
  }
  return found;
}

const OLD = { 'model.bin': 'old model', 'out/tree/sub/a.txt': 'old a', 'state.txt': 'old state' };

async function writeNew(dir: string): Promise<void> {
  await writeFile(join(dir, 'model.bin'), 'new model');
  await mkdir(join(dir, 'out/tree'), { recursive: true });
  await writeFile(join(dir, 'out/tree/b.txt'), 'new b');
  await writeFile(join(dir, 'state.txt'), 'new state');
  await writeFile(join(dir, 'new/report.txt'), 'half');
}

async function journalIsEmpty(paths: ProjectPaths): Promise<boolean> {
  return (await readdir(paths.journalDir)).length === 0;
}

test('a command finds its outputs gone, the persistent ones there, and folders to write into', async () => {
  const { paths, dir } = await workspace();
  await StageJournal.begin(paths, 'train', OUTS);
  expect(await files(dir)).toEqual({ 'state.txt': 'old state' });
  expect((await stat(join(dir, 'new'))).isDirectory()).toBe(true);
});

test('rolled back, everything is as before', async () => {
  const { paths, dir } = await workspace();
  const journal = await StageJournal.begin(paths, 'train', OUTS);
  await writeNew(dir);
  await journal.rollBack();
  expect(await files(dir)).toEqual(OLD);
  expect(await journalIsEmpty(paths)).toBe(true);
});

test('finished, the new outputs stay and nothing is left', async () => {
  const { paths, dir } = await workspace();
  const journal = await StageJournal.begin(paths, 'train', OUTS);
  await writeNew(dir);
  await journal.end({ any: 'result' });
  await journal.finish();
  expect(await files(dir)).toEqual({
    'model.bin': 'new model',
    'out/tree/b.txt': 'new b',
    'state.txt': 'new state',
    'new/report.txt': 'half',
  });
  expect(await journalIsEmpty(paths)).toBe(true);
});

describe('found by a later process', () => {
  test('while the command ran: rolled back, also when that is cut short and begun again', async () => {
    const { paths, dir } = await workspace();
    const { token } = await StageJournal.begin(paths, 'train', OUTS);
    await writeNew(dir);
    const [found] = await StageJournal.leftBehind(paths);
    expect(found).toMatchObject({ stage: 'train', token, ended: false });
    // Another process had brought the first output back before it was killed.
    await writeFile(join(dir, 'model.bin'), 'old model');
    await found?.rollBack();
    expect(await files(dir)).toEqual(OLD);
    expect(await StageJournal.leftBehind(paths)).toEqual([]);
  });

  test('after the command had ended well: the result is there', async () => {
    const { paths, dir } = await workspace();
    const journal = await StageJournal.begin(paths, 'train', OUTS);
    await writeNew(dir);
    await journal.end({ outs: [1, 2] });
    const [found] = await StageJournal.leftBehind(paths);
    expect(found?.ended).toBe(true);
    expect(found?.result).toEqual({ outs: [1, 2] });
    await found?.finish();
    expect(await files(dir)).toMatchObject({ 'model.bin': 'new model' });
  });

  test('before the command was started: outputs that were not moved yet stay', async () => {
    const { paths, dir } = await workspace();
    const { token } = await StageJournal.begin(paths, 'train', OUTS);
    const file = join(paths.journalDir, `stage-${token}.json`);
    const record = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...record, phase: 'moving' }));
    // As if the kill had come before this one was moved.
    await writeFile(join(dir, 'model.bin'), 'old model');
    const [found] = await StageJournal.leftBehind(paths);
    await found?.rollBack();
    expect(await files(dir)).toEqual(OLD);
  });

  test('journals that mlo did not write are left alone', async () => {
    const { paths } = await workspace();
    await mkdir(paths.journalDir, { recursive: true });
    await writeFile(join(paths.journalDir, 'stage-x.json'), '{"version":1');
    const outs = [{ path: '../../etc/passwd', persist: false, existed: false }];
    const evil = { version: 1, stage: 'x', token: '0123456789abcdef', phase: 'running', outs };
    await writeFile(join(paths.journalDir, 'stage-0123456789abcdef.json'), JSON.stringify(evil));
    expect(await StageJournal.leftBehind(paths)).toEqual([]);
  });
});

test('an output that cannot be moved leaves everything as it was', async () => {
  const { paths, dir } = await workspace();
  await chmod(join(dir, 'out'), 0o500);
  const failed = await StageJournal.begin(paths, 'train', OUTS).catch((error: unknown) => error);
  await chmod(join(dir, 'out'), 0o700);
  // The superuser may move it all the same.
  if (failed instanceof StageJournal) return;
  expect(failed).toMatchObject({ code: 'MLO_NO_PERMISSION' });
  expect(await files(dir)).toEqual(OLD);
});
