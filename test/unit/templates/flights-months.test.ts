import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { expect, test } from 'vitest';
import { tempDir } from '../../support/temp-dir.ts';
import { load, runScript, SAMPLE, writeProject } from './flights-template.ts';

async function bytesOf(path: string): Promise<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
  return await parquetReadObjects({ file: await bytesOf(path), compressors });
}

async function shaOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

test('every flight lands in its month, and those of 1 July 00:00 in June', async () => {
  const folder = await tempDir();
  const { splitMonths } = await load('months.js');
  const parts = await splitMonths({ source: SAMPLE, folder });

  expect(parts.map(({ month }) => month)).toEqual([
    '2001-01',
    '2001-02',
    '2001-03',
    '2001-04',
    '2001-05',
    '2001-06',
  ]);
  expect(parts.map(({ moved }) => moved)).toEqual([0, 0, 0, 0, 0, 6]);

  const together: Record<string, unknown>[] = [];
  for (const { month, path, rows } of parts) {
    const found = await rowsOf(path);
    expect(found.length).toBe(rows);
    const months = new Set(found.map((row) => (row['date'] as Date).toISOString().slice(0, 7)));
    expect([...months]).toEqual(month === '2001-06' ? ['2001-06', '2001-07'] : [month]);
    together.push(...found);
  }
  expect(together).toEqual(await rowsOf(SAMPLE));
});

test('a month keeps the columns and types of the source', async () => {
  const folder = await tempDir();
  const { splitMonths } = await load('months.js');
  const [first] = await splitMonths({ source: SAMPLE, folder });
  const schemaOf = async (path: string): Promise<unknown> => parquetMetadata(await bytesOf(path)).schema;
  expect(await schemaOf(first!.path)).toEqual(await schemaOf(SAMPLE));
});

test('the same source gives the same bytes, also over older files', async () => {
  const folder = await tempDir();
  const { splitMonths } = await load('months.js');
  const first = await splitMonths({ source: SAMPLE, folder });
  const before = await Promise.all(first.map(({ path }) => shaOf(path)));
  await writeFile(first[0]!.path, 'left by somebody else');
  const again = await splitMonths({ source: SAMPLE, folder });
  expect(await Promise.all(again.map(({ path }) => shaOf(path)))).toEqual(before);
  expect((await readdir(folder)).toSorted()).toEqual(again.map(({ path }) => path.slice(folder.length + 1)));
});

test('a damaged source leaves no file behind', async () => {
  const folder = await tempDir();
  const { splitMonths } = await load('months.js');
  const bytes = await readFile(SAMPLE);
  bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 2000);
  const source = join(await tempDir(), 'damaged.parquet');
  await writeFile(source, bytes);
  await expect(splitMonths({ source, folder })).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});

test('the script prints the counts, and one line when there is no source', async () => {
  const dir = await writeProject();
  const done = await runScript(dir, 'months.js', [SAMPLE]);
  expect(done.stdout).toMatch(/data\/flights-2001-06\.parquet {2}\d+ rows, 6 of them from 1 July 00:00\n$/);
  const failed = await runScript(dir, 'months.js', ['nowhere.parquet']);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toBe('error: nowhere.parquet is missing: run "npm install" first\n');
});
