import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { testProject, type TestProject } from '../support/project.ts';

/** `day` walks through the week and `price` through a hundred values; `currency` has two. */
function prices(rows: number, change: { plus?: number; currency?: string } = {}): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const price = ((i * 37) % 100) + (change.plus ?? 0);
    return `2001-01-${String((i % 28) + 1).padStart(2, '0')},${i % 7},${price},${i % 3 === 0 ? (change.currency ?? 'EUR') : 'USD'}`;
  });
  return `at,day,price,currency\n${lines.join('\n')}\n`;
}

async function shop(): Promise<{ project: TestProject; check: (...words: string[]) => Promise<CliResult> }> {
  const project = await testProject();
  await project.write('old.csv', prices(1000));
  await project.write('same.csv', prices(700));
  await project.write('dearer.csv', prices(700, { plus: 50, currency: 'CHF' }));
  await project.write('few.csv', prices(20));
  return { project, check: (...words) => runCli(['drift', 'check', ...words], { cwd: project.dir }) };
}

describe('mlo drift check', () => {
  it('exits 0 when nothing drifted', async () => {
    const { check } = await shop();
    const result = await check('same.csv', '--reference', 'old.csv');
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toMatch(/^COLUMN\s+TYPE\s+METHOD\s+SCORE\s+NOISE\s+MEAN\s+VERDICT$/m);
    expect(result.stdout).toMatch(/^price\s+int\s+wasserstein\s+.*no drift$/m);
    expect(result.stdout).toContain('at: not compared, times always move on');
    expect(result.stdout).toContain(
      'no drift: 0 of 3 columns drifted (it takes 50 %); same.csv (700 rows) against old.csv (1,000 rows)',
    );
  });

  it('exits 3 when enough columns drifted, drifted ones first', async () => {
    const { check } = await shop();
    const result = await check('dearer.csv', '--reference', 'old.csv');
    expect(result.exitCode).toBe(3);
    const verdicts = result.stdout.split('\n').slice(1, 4);
    expect(verdicts[0]).toMatch(/^price .*drift: distribution, out of range$/);
    expect(verdicts[1]).toMatch(/^currency .*drift: distribution, new categories$/);
    expect(verdicts[2]).toMatch(/^day .*no drift$/);
    expect(result.stdout).toContain('drift: 2 of 3 columns drifted');
  });

  it('gives the whole report as data under --json', async () => {
    const { check } = await shop();
    const result = await check('dearer.csv', '--reference', 'old.csv', '--json');
    expect(result.exitCode).toBe(3);
    expect(result.json()).toMatchObject({
      ok: true,
      result: {
        format: 'mlo/drift-report',
        version: 1,
        verdict: 'drift',
        driftedColumns: ['price', 'currency'],
        rows: { reference: 1000, current: 700 },
        rule: { threshold: 0.1, minRows: 100, driftShare: 0.5 },
        current: { label: 'dearer.csv', data: [{ path: 'dearer.csv' }] },
        columns: [
          { name: 'price', method: 'wasserstein', reasons: ['distribution', 'out_of_range'] },
          { name: 'currency', newCategories: { examples: ['CHF'] } },
          { name: 'day' },
        ],
      },
    });
  });

  it('warns and exits 0 when there are too few rows to tell', async () => {
    const { check } = await shop();
    const result = await check('few.csv', '--reference', 'old.csv');
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('too little data to tell: 20 rows against 1000, 100 are needed');
    expect(result.stdout).toContain('insufficient data: few.csv (20 rows)');
  });

  it('follows --columns, --ignore, --share, --threshold and the configuration', async () => {
    const { project, check } = await shop();
    const against = ['--reference', 'old.csv'];
    expect((await check('dearer.csv', ...against, '--columns', 'day')).exitCode).toBe(0);
    expect((await check('dearer.csv', ...against, '--ignore', 'price,currency')).exitCode).toBe(0);
    expect((await check('dearer.csv', ...against, '--ignore', 'price', '--share', '0.6')).exitCode).toBe(0);
    expect((await check('dearer.csv', ...against, '--ignore', 'price', '--share', '0')).exitCode).toBe(3);
    const lenient = await check('dearer.csv', ...against, '--threshold', '10', '--columns', 'day', '--json');
    expect(lenient.json().result.columns[0].threshold).toBe(10);
    const strict = { MLO_DRIFT_SHARE: '0.9', MLO_DRIFT_THRESHOLD: '0.2', MLO_DRIFT_MIN_ROWS: '200' };
    const words = ['drift', 'check', 'dearer.csv', ...against, '--json'];
    const configured = await runCli(words, { cwd: project.dir, env: strict });
    expect(configured.exitCode).toBe(0);
    expect(configured.json().result.rule).toMatchObject({ driftShare: 0.9, threshold: 0.2, minRows: 200 });
  });

  it('takes several files of each side together', async () => {
    const { check } = await shop();
    const result = await check(
      'same.csv',
      'dearer.csv',
      '--reference',
      'old.csv',
      '--reference',
      'same.csv',
      '--json',
    );
    expect(result.json().result.rows).toEqual({ reference: 1700, current: 1400 });
  });

  it('writes a report as Markdown or JSON', async () => {
    const { project, check } = await shop();
    await check('dearer.csv', '--reference', 'old.csv', '--report', 'drift.md');
    const markdown = await readFile(join(project.dir, 'drift.md'), 'utf8');
    expect(markdown).toMatch(/^# Data drift: drift\n/);
    expect(markdown).toMatch(
      /^\| price \| int \| \*\*drift\*\*: distribution, out of range \| wasserstein \|/m,
    );
    await check('dearer.csv', '--reference', 'old.csv', '--report', 'drift.json');
    expect(JSON.parse(await readFile(join(project.dir, 'drift.json'), 'utf8'))).toMatchObject({
      verdict: 'drift',
    });
    const refused = await check('dearer.csv', '--reference', 'old.csv', '--report', 'drift.pdf');
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain('drift.pdf: a report is written as .md or .json');
  });

  it('names what is wrong with the question in one message', async () => {
    const { project, check } = await shop();
    expect(await check('same.csv')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--reference PATH or --model'),
    });
    expect(await check('--reference', 'old.csv')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('name the data to check'),
    });
    expect(await check('gone.csv', '--reference', 'old.csv')).toMatchObject({
      exitCode: 12,
      stderr: expect.stringContaining('gone.csv'),
    });
    expect(await check('same.csv', '--reference', 'old.csv', '--columns', 'prise')).toMatchObject({
      exitCode: 12,
      stderr: expect.stringMatching(/has no column "prise"[\s\S]*columns: at, day, price, currency/),
    });
    await project.write('broken.csv', 'day,price\n1,2,3\n');
    expect(await check('broken.csv', '--reference', 'old.csv')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('broken.csv: line 2 has 3 fields, the header has 2'),
    });
  });
});
