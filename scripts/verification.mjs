import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * docs/verification.md says which checks against real peers have run, when and with what result. Only the
 * script that ran a check writes its row.
 */
export const VERIFICATION_FILE = fileURLToPath(new URL('../docs/verification.md', import.meta.url));

const HEAD = `# What was verified against real peers

Written by the scripts and tests that ran the checks (\`scripts/verification.mjs\`); one row for each check and
peer, with its last run. A check that has not run is listed as not done.

| check | peer | version | command | date | passed | failed | ratio |
| --- | --- | --- | --- | --- | ---: | ---: | --- |
`;

/**
 * Adds the row of a check and peer, or replaces it.
 * @param {{check: string, peer: string, version: string, command: string, date?: string, passed: number,
 *   failed: number, ratio?: string | number}} row `date` is YYYY-MM-DD, today in UTC when absent; `ratio` says what
 *   is divided by what when it is not plain
 * @param {string} [file]
 */
export async function recordVerification(row, file = VERIFICATION_FILE) {
  await upsert(file, row, [
    row.version,
    `\`${row.command}\``,
    row.date ?? new Date().toISOString().slice(0, 10),
    String(row.passed),
    String(row.failed),
    row.ratio === undefined ? '' : String(row.ratio),
  ]);
}

/**
 * Lists a check as not done, with the reason. A row of a run that took place somewhere else is kept.
 * @param {{check: string, peer: string, command: string, reason: string}} row
 * @param {string} [file]
 */
export async function recordNotDone(row, file = VERIFICATION_FILE) {
  await upsert(file, row, ['', `\`${row.command}\``, `not done: ${row.reason}`, '', '', ''], { keep: true });
}

async function upsert(file, { check, peer }, rest, { keep = false } = {}) {
  await exclusively(file, async () => {
    const rows = await readRows(file);
    const key = [check, peer].map(cell);
    const index = rows.findIndex((known) => known[0] === key[0] && known[1] === key[1]);
    const fresh = [...key, ...rest.map(cell)];
    if (index === -1) rows.push(fresh);
    else if (!keep || rows[index][4].startsWith('not done')) rows[index] = fresh;
    const lines = rows.map((cells) => `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ')).sort();
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, `${HEAD}${lines.join('\n')}\n`);
    await rename(temporary, file);
  });
}

async function readRows(file) {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  // The first two are the column names and the rule below them.
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((part) => part.trim()),
  );
}

function cell(text) {
  return String(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', String.raw`\|`)
    .trim();
}

/** Several checks may end at the same time: a folder made exclusively is the lock. */
async function exclusively(file, work) {
  const lock = `${file}.lock`;
  await mkdir(dirname(file), { recursive: true });
  for (let attempt = 0; ; attempt += 1) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (attempt > 200)
        throw new Error(`${lock} is held by another check; remove it when none runs`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
