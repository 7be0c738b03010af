import { extname } from 'node:path';
import { csvMetrics } from './metric-files-csv.ts';
import { jsonLinesMetrics, jsonMetrics } from './metric-files-json.ts';
import { decode, type MetricReading } from './metric-points.ts';

const READERS: Readonly<Record<string, (text: string) => MetricReading>> = {
  '.json': jsonMetrics,
  '.jsonl': jsonLinesMetrics,
  '.ndjson': jsonLinesMetrics,
  '.csv': (text) => csvMetrics(text, ','),
  '.tsv': (text) => csvMetrics(text, '\t'),
};

/** Endings that `readMetricFile` understands. */
export const METRIC_FILE_ENDINGS: readonly string[] = Object.keys(READERS);

/**
 * Numbers of a JSON, JSON lines, CSV or TSV file. Never throws: a file that is something else gives a problem.
 *
 * - JSON: nested names are joined by `.`; a list of numbers is a series over the steps 0, 1, 2 …; a list of
 *   objects is read like JSON lines. `NaN`, `Infinity` as Python writes them are understood.
 * - JSON lines and tables: `step` (or else `global_step`, `iteration`, `iter`, `epoch`) counts, else the row;
 *   `timestamp` or `time` is the time when it is one.
 */
export function readMetricFile(name: string, bytes: Uint8Array): MetricReading {
  const reader = READERS[extname(name).toLowerCase()];
  if (reader === undefined) {
    return nothing(`its name ends in none of ${METRIC_FILE_ENDINGS.join(', ')}`);
  }
  const text = decode(bytes);
  return typeof text === 'string' ? reader(text) : nothing(`byte ${text.offset}: ${text.problem}`);
}

function nothing(problem: string): MetricReading {
  return { points: [], problem };
}
