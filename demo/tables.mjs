// Reads and makes the tables the demo needs besides its datasets: a few rows to ask the server with, a resample
// and a shifted copy for the drift check.
import { readFile, writeFile } from 'node:fs/promises';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** @param {string} path @param {{rowStart?: number, rowEnd?: number}} range @returns {Promise<Record<string, unknown>[]>} */
export async function readRows(path, range = {}) {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return parquetReadObjects({ file, compressors, ...range });
}

/**
 * Writes `rows` rows drawn without replacement (seeded), after `change` has been applied to each.
 * @param {{from: string, to: string, rows: number, seed: number, change?: (row: Record<string, unknown>) => Record<string, unknown>}} options
 */
export async function writeSample({ from, to, rows, seed, change = (row) => row }) {
  const all = await readRows(from);
  const random = mulberry32(seed);
  for (let i = 0; i < rows; i += 1) {
    const j = i + Math.floor(random() * (all.length - i));
    [all[i], all[j]] = [all[j] ?? {}, all[i] ?? {}];
  }
  const sample = all.slice(0, rows).map(change);
  const names = Object.keys(sample[0] ?? {});
  const columnData = names.map((name) => ({ name, data: sample.map((row) => row[name]) }));
  await writeFile(to, new Uint8Array(parquetWriteBuffer({ columnData })));
}

/** Small seeded generator (Tommy Ettinger, public domain). @param {number} seed */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
