import { csvMetrics } from './metric-files-csv.ts';
import { jsonMetrics } from './metric-files-json.ts';
import { decode, type MetricPoint, type MetricReading } from './metric-points.ts';

/** A file of a folder, by its path inside. */
export interface FolderFile {
  /** Forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const SERIES = /^plots\/metrics\/(.+)\.tsv$/;

/** Files of a DVCLive folder that hold metrics; the others need not be read. */
export function isDvcliveMetricFile(path: string): boolean {
  return path === 'metrics.json' || SERIES.test(path);
}

/**
 * A folder written by DVCLive (https://dvc.org/doc/dvclive/how-it-works): `plots/metrics/<name>.tsv` holds the
 * series of the metric `<name>` (which may hold slashes), `metrics.json` the last values, of use for metrics
 * that were logged without a plot.
 */
export function dvcliveMetrics(files: readonly FolderFile[]): MetricReading {
  const points: MetricPoint[] = [];
  const problems: string[] = [];
  const take = (file: FolderFile, read: (text: string) => MetricReading): void => {
    const text = decode(file.bytes);
    const reading =
      typeof text === 'string' ? read(text) : { points: [], problem: `byte ${text.offset}: ${text.problem}` };
    for (const point of reading.points) points.push(point);
    if (reading.problem !== undefined) problems.push(`${file.path}: ${reading.problem}`);
  };
  for (const file of files) {
    const key = SERIES.exec(file.path)?.[1];
    // The value column is named by the last part of the metric's name.
    if (key !== undefined) take(file, (text) => renamed(csvMetrics(text, '\t'), key));
  }
  const known = new Set(points.map((point) => point.key));
  for (const file of files.filter((each) => each.path === 'metrics.json')) {
    take(file, (text) => {
      const latest = jsonMetrics(text, '/');
      return { ...latest, points: latest.points.filter((point) => !known.has(point.key)) };
    });
  }
  return { points, problem: problems.length === 0 ? undefined : problems.join('; ') };
}

function renamed(reading: MetricReading, key: string): MetricReading {
  return { ...reading, points: reading.points.map((point) => ({ ...point, key })) };
}
