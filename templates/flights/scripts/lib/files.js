import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from './script.js';

/**
 * Writes a file so that its name only ever shows complete content: `fill` writes a temporary name beside
 * it, which then takes the place of `path`.
 */
export async function replaceFile(path, fill) {
  const temporary = temporaryName(path);
  fs.mkdirSync(dirname(path), { recursive: true });
  try {
    await fill(temporary);
    finishFile(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

export function temporaryName(path) {
  return `${path}.tmp-${process.pid}`;
}

/** The written temporary file is on the disk, then it takes its name. */
export function finishFile(temporary, path) {
  const handle = fs.openSync(temporary, 'r+');
  fs.fsyncSync(handle);
  fs.closeSync(handle);
  fs.renameSync(temporary, path);
}

export function writeBytes(path, bytes) {
  return replaceFile(path, (temporary) => fs.writeFileSync(temporary, bytes));
}

export function writeJson(path, value) {
  return writeBytes(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Rows of numbers or words; numbers are written with at most six decimals. */
export function writeCsv(path, header, rows) {
  const cell = (value) => (typeof value === 'number' ? String(Number(value.toFixed(6))) : value);
  return writeBytes(
    path,
    [header, ...rows.map((row) => row.map(cell))].map((row) => `${row.join(',')}\n`).join(''),
  );
}

export function readText(path, hint) {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    throw new Problem(`cannot read ${path}${hint ? `: ${hint}` : ''}`);
  }
}

export function readJson(path, hint) {
  const text = readText(path, hint);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(`${path} is not JSON`);
  }
}
