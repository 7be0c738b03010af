import type { MetricPoint, MetricReading } from './metric-points.ts';
import { rowPoints } from './metric-rows.ts';

/**
 * A table with a header, as Keras' CSVLogger, Lightning's and DVCLive write it. Empty and wordy cells are left
 * out; a row with another number of cells than the header ends the reading.
 */
export function csvMetrics(text: string, delimiter: ',' | '\t'): MetricReading {
  const lines = text.split(/\r?\n/);
  const header = splitCells(lines[0] ?? '', delimiter).map((cell) => cell.trim());
  if (header.every((name) => name === ''))
    return { points: [], problem: 'line 1: expected a header with column names' };
  if (header.every((name) => cellNumber(name) !== undefined)) {
    return { points: [], problem: 'line 1: expected column names, found numbers' };
  }
  const points: MetricPoint[] = [];
  let row = 0;
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    const cells = splitCells(line, delimiter);
    if (cells.length !== header.length) {
      return {
        points,
        problem: `line ${index + 1}: ${cells.length} cells under ${header.length} column names`,
      };
    }
    for (const point of rowPoints(numbersOf(header, cells), row)) points.push(point);
    row += 1;
  }
  return { points, problem: undefined };
}

function numbersOf(header: readonly string[], cells: readonly string[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  header.forEach((name, i) => {
    const number = cellNumber(cells[i] ?? '');
    if (number !== undefined && name !== '') numbers.set(name, number);
  });
  return numbers;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Numbers as Python, R and C print them; undefined for anything else. */
export function cellNumber(cell: string): number | undefined {
  const text = cell.trim();
  if (NUMBER.test(text)) return Number(text);
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (word === null) return undefined;
  if (word[2]?.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

/** RFC 4180 cells of one line; quotes double inside quotes. */
function splitCells(line: string, delimiter: string): readonly string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const char = line[i] ?? '';
    if (char === '"' && quoted && line[i + 1] === '"') {
      cell += '"';
      i += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return [...cells, cell];
}
