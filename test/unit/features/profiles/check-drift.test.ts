import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sliceColumn } from '#adapters/tables/memory-table.ts';
import type { Column } from '#adapters/tables/table.ts';
import { writeParquet } from '#adapters/tables/write-parquet.ts';
import { checkDrift, profileDataset, profileId } from '#features/profiles/index.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import type { MloEvent } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import type { Project } from '#stores/project.ts';
import { testProject } from '../../../support/project.ts';
import { readColumns } from './made-data.ts';

const FLIGHTS = fileURLToPath(
  new URL('../../../fixtures/flights/flights-sample.parquet', import.meta.url),
) as AbsolutePath;

/** Real flights of 2001, cut in halves of alternating rows, and a copy of the second with 30 minutes more delay. */
async function flights(): Promise<{
  project: Project;
  even: AbsolutePath;
  odd: AbsolutePath;
  shifted: AbsolutePath;
  few: AbsolutePath;
}> {
  const files = await testProject();
  const { dir } = files;
  const columns = await readColumns(FLIGHTS);
  const half = (parity: number): Column[] =>
    columns.map((column) =>
      column.type === 'string'
        ? { ...column, values: column.values.filter((_, i) => i % 2 === parity) }
        : { ...column, values: column.values.filter((_, i) => i % 2 === parity), nulls: undefined },
    );
  const write = async (name: string, data: readonly Column[]): Promise<AbsolutePath> => {
    const path = joinPath(dir, name);
    await writeParquet({ path, columns: data });
    return path;
  };
  const later = (column: Column): Column =>
    column.name === 'delay' && column.type === 'int'
      ? { ...column, values: column.values.map((minutes) => minutes + 30) }
      : column;
  return {
    project: files.open(),
    even: await write('even.parquet', half(0)),
    odd: await write('odd.parquet', half(1)),
    shifted: await write('shifted.parquet', half(1).map(later)),
    few: await write(
      'few.parquet',
      half(1).map((column) => sliceColumn(column, 0, 60)),
    ),
  };
}

describe('drift of real flights', () => {
  it('finds none between two halves of the same months', async () => {
    const { project, even, odd } = await flights();
    const report = await checkDrift({ project, current: [odd], reference: { paths: [even] } });
    expect(report).toMatchObject({ verdict: 'no_drift', driftedColumns: [], share: 0 });
    expect(report.columns.map(({ name, verdict }) => [name, verdict]).sort()).toEqual([
      ['delay', 'no_drift'],
      ['destination', 'no_drift'],
      ['distance', 'no_drift'],
      ['origin', 'no_drift'],
    ]);
    expect(report.skipped).toEqual([{ name: 'date', reason: 'times always move on' }]);
  });

  it('finds thirty minutes more of delay, and nothing else', async () => {
    const { project, even, shifted } = await flights();
    const report = await checkDrift({ project, current: [shifted], reference: { paths: [even] }, share: 0 });
    expect(report).toMatchObject({ verdict: 'drift', driftedColumns: ['delay'], share: 0.25 });
    const [delay] = report.columns;
    // A shift of a constant is a Wasserstein distance of that constant.
    expect(delay?.score).toBeGreaterThan(25 / 40);
    expect((delay?.mean?.current ?? 0) - (delay?.mean?.reference ?? 0)).toBeCloseTo(30, -1);
    expect(await checkDrift({ project, current: [shifted], reference: { paths: [even] } })).toMatchObject({
      verdict: 'no_drift',
      driftedColumns: ['delay'],
    });
    const only = await checkDrift({
      project,
      current: [shifted],
      reference: { paths: [even] },
      columns: ['delay'],
    });
    expect(only).toMatchObject({ verdict: 'drift', share: 1 });
  });

  it('gives no answer for sixty rows, and warns', async () => {
    const { project, even, few } = await flights();
    const events: MloEvent[] = [];
    const report = await checkDrift({
      project,
      current: [few],
      reference: { paths: [even] },
      report: (event) => events.push(event),
    });
    expect(report.verdict).toBe('insufficient_data');
    expect(events.find((event) => event.type === 'warning')).toMatchObject({
      code: 'MLO_INSUFFICIENT_DATA',
      message: 'too little data to tell: 60 rows against 2503, 100 are needed',
    });
    const lowered = await checkDrift({ project, current: [few], reference: { paths: [even] }, minRows: 30 });
    expect(lowered.verdict).not.toBe('insufficient_data');
  });

  it('takes several files, or a folder of them, for one dataset', async () => {
    const { project, even, odd, shifted } = await flights();
    const both = await profileDataset({ project, paths: [even, odd] });
    expect(both.profile.rows).toBe(5006);
    const whole = await profileDataset({ project, paths: [FLIGHTS] });
    const report = await checkDrift({
      project,
      current: [FLIGHTS],
      reference: { profile: both.profile, label: 'late@prod' },
    });
    // The halves together are the very rows of the whole file.
    for (const column of report.columns) expect(column.score).toBeLessThan(1e-12);
    expect(report.reference).toEqual({ label: 'late@prod', profile: both.id, data: [] });
    expect(profileId(whole.profile)).toBe(whole.id);
    const dir = joinPath(project.paths.root, 'months');
    await mkdir(dir);
    await copyFile(even, join(dir, '1.parquet'));
    await copyFile(shifted, join(dir, '2.parquet'));
    const folder = await profileDataset({ project, paths: [dir] });
    expect(folder.data.map(({ path }) => path)).toEqual(['months/1.parquet', 'months/2.parquet']);
    expect(folder.profile.rows).toBe(5006);
  });
});

describe('profiles are remembered', () => {
  it('reads the profile of unchanged data back, by content and not by name', async () => {
    const { project, even, odd } = await flights();
    const first = await profileDataset({ project, paths: [even] });
    expect(first.cached).toBe(false);
    const copy = joinPath(project.paths.root, 'copy.parquet');
    await copyFile(even, copy);
    const second = await profileDataset({ project, paths: [copy] });
    expect(second).toMatchObject({ cached: true, id: first.id, profile: first.profile });
    await copyFile(odd, copy);
    expect(await profileDataset({ project, paths: [copy] })).toMatchObject({ cached: false });
    expect(await profileDataset({ project, paths: [even], columns: ['delay'] })).toMatchObject({
      cached: false,
    });
  });

  it('computes again when the cache is damaged or its profile is gone', async () => {
    const { project, even } = await flights();
    const first = await profileDataset({ project, paths: [even] });
    const dir = join(project.paths.sharedDir, 'cache', 'profiles');
    const [name] = await readdir(dir);
    await writeFile(join(dir, name ?? ''), '{"profile":');
    expect(await profileDataset({ project, paths: [even] })).toMatchObject({ cached: false, id: first.id });
    await writeFile(join(dir, name ?? ''), JSON.stringify({ profile: `sha256:${'0'.repeat(64)}` }));
    expect(await profileDataset({ project, paths: [even] })).toMatchObject({ cached: false, id: first.id });
    expect(JSON.parse(await readFile(join(dir, name ?? ''), 'utf8'))).toEqual({ profile: first.id });
    await rm(dir, { recursive: true });
    expect(await profileDataset({ project, paths: [even] })).toMatchObject({ cached: false, id: first.id });
  });

  it('says what to do about a tracked file that is not here', async () => {
    const { project } = await flights();
    const path = joinPath(project.paths.root, 'gone.parquet');
    await expect(profileDataset({ project, paths: [path] })).rejects.toMatchObject({
      code: 'MLO_NO_FILE',
      hint: undefined,
    });
    await writeFile(`${path}.mlo`, 'version: 1\n');
    await expect(profileDataset({ project, paths: [path] })).rejects.toMatchObject({
      hint: `it is tracked but not checked out: mlo checkout ${path}`,
    });
  });
});
