import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import type { Table } from './table.ts';

const FORMATS: Readonly<Record<string, 'csv' | 'jsonl' | 'parquet'>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
  '.pq': 'parquet',
};

/** Whether `openTable` knows the file's ending. */
export function isTablePath(path: string): boolean {
  return extname(path).toLowerCase() in FORMATS;
}

/**
 * Opens a CSV, TSV, JSON lines or Parquet file by its ending. Types are exact: a text file is read through
 * once here, so no later row can contradict them. Throws `not-found` (MLO_NO_FILE), `usage`
 * (MLO_UNKNOWN_FORMAT) or `failed` (MLO_BAD_TABLE, naming file and line or column).
 */
export async function openTable(
  path: AbsolutePath,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Table> {
  const format = FORMATS[extname(path).toLowerCase()];
  await checkFile(path);
  if (format === undefined) {
    throw new MloError('usage', 'MLO_UNKNOWN_FORMAT', `${path}: unknown table format`, {
      hint: `known endings: ${Object.keys(FORMATS).join(', ')}`,
    });
  }
  switch (format) {
    case 'csv':
      return (await import('./csv.ts')).openCsv(path, options.signal);
    case 'jsonl':
      return (await import('./jsonl.ts')).openJsonLines(path, options.signal);
    case 'parquet':
      return (await import('./parquet.ts')).openParquet(path);
  }
}

async function checkFile(path: AbsolutePath): Promise<void> {
  try {
    const info = await stat(path);
    if (info.isFile()) return;
    throw new MloError('usage', 'MLO_IS_A_FOLDER', `${path} is a folder, a table file was expected`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fromSystemError(error, path);
    throw new MloError('not-found', 'MLO_NO_FILE', `no file ${path}`, { cause: error });
  }
}
