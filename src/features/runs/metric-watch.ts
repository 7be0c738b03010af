import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, relative } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, isMloError, messageOf } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { dvcliveMetrics, isDvcliveMetricFile } from '#formats/metric-files-dvclive.ts';
import { METRIC_FILE_ENDINGS, readMetricFile } from '#formats/metric-files.ts';
import type { MetricPoint, MetricReading } from '#formats/metric-points.ts';

export interface CollectedMetrics {
  readonly points: readonly MetricPoint[];
  /** One sentence a file that could not be read, wholly or from some place on. */
  readonly problems: readonly { readonly message: string; readonly declared: boolean }[];
}

interface Source {
  readonly path: AbsolutePath;
  readonly kind: 'file' | 'dvclive';
  readonly declared: boolean;
}

const MAX_BYTES = 64 * 1024 * 1024;
const ENDINGS = METRIC_FILE_ENDINGS.map((ending) => ending.slice(1)).join('|');
const METRIC_NAME = new RegExp(`^(metrics[^/]*|[^/]*\\.metrics)\\.(${ENDINGS})$`);

/**
 * Files a command leaves its metrics in: the declared ones, and by habit `metrics*.json` (and its kin), files
 * below `metrics/` and a DVCLive folder, in the project and the working folder. Made before the command
 * starts; only what changed since then is read, so that numbers of an earlier run are never taken for its own.
 */
export class MetricWatch {
  private readonly root: AbsolutePath;
  private readonly folders: readonly AbsolutePath[];
  private readonly declared: readonly AbsolutePath[];
  private before: ReadonlyMap<string, string> = new Map();

  private constructor(options: { root: AbsolutePath; cwd: AbsolutePath; declared: readonly AbsolutePath[] }) {
    this.root = options.root;
    this.folders = [...new Set([options.root, options.cwd])];
    this.declared = options.declared;
  }

  static async start(options: {
    readonly root: AbsolutePath;
    readonly cwd: AbsolutePath;
    readonly declared: readonly AbsolutePath[];
  }): Promise<MetricWatch> {
    const watch = new MetricWatch(options);
    watch.before = await watch.stamps();
    return watch;
  }

  /** A key that comes from several files is told apart by the file's name: `train/loss`, `test/loss`. */
  async collect(): Promise<CollectedMetrics> {
    const after = await this.stamps();
    const readings: { readonly source: Source; readonly reading: MetricReading }[] = [];
    const problems: { message: string; declared: boolean }[] = [];
    for (const source of await this.sources()) {
      const stamp = after.get(source.path);
      const changed = stamp !== undefined && stamp !== this.before.get(source.path);
      if (changed) readings.push({ source, reading: await readSource(source) });
      else if (source.declared) {
        const why =
          stamp === undefined ? 'does not exist' : 'was not written by this run; its old values are left out';
        problems.push({ message: `the metrics file ${this.nameOf(source.path)} ${why}`, declared: true });
      }
    }
    for (const { source, reading } of readings) {
      if (reading.problem === undefined) continue;
      problems.push({
        message: `${this.nameOf(source.path)}: ${reading.problem}`,
        declared: source.declared,
      });
    }
    return { points: withFileNames(readings), problems };
  }

  private nameOf(path: AbsolutePath): string {
    const inside = relative(this.root, path);
    return inside.startsWith('..') ? path : inside;
  }

  private async sources(): Promise<readonly Source[]> {
    const sources = new Map<string, Source>();
    for (const path of this.declared) {
      const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
      sources.set(path, { path, kind: isFolder ? 'dvclive' : 'file', declared: true });
    }
    const add = (path: AbsolutePath, kind: Source['kind']): void => {
      if (!sources.has(path)) sources.set(path, { path, kind, declared: false });
    };
    for (const folder of this.folders) {
      for (const name of await namesIn(folder))
        if (METRIC_NAME.test(name)) add(joinPath(folder, name), 'file');
      for (const name of await namesIn(joinPath(folder, 'metrics'))) {
        if (METRIC_FILE_ENDINGS.includes(extname(name))) add(joinPath(folder, 'metrics', name), 'file');
      }
      if ((await dvcliveFiles(joinPath(folder, 'dvclive'))).length > 0)
        add(joinPath(folder, 'dvclive'), 'dvclive');
    }
    return [...sources.values()];
  }

  private async stamps(): Promise<ReadonlyMap<string, string>> {
    const stamps = new Map<string, string>();
    for (const source of await this.sources()) {
      const files =
        source.kind === 'file'
          ? [source.path]
          : (await dvcliveFiles(source.path)).map((file) => joinPath(source.path, file));
      const parts = (await Promise.all(files.map(stampOf))).filter((part) => part !== undefined);
      if (parts.length > 0) stamps.set(source.path, parts.join('|'));
    }
    return stamps;
  }
}

function withFileNames(
  readings: readonly { readonly source: Source; readonly reading: MetricReading }[],
): readonly MetricPoint[] {
  const owners = new Map<string, Set<string>>();
  for (const { source, reading } of readings) {
    for (const { key } of reading.points) owners.set(key, (owners.get(key) ?? new Set()).add(source.path));
  }
  return readings.flatMap(({ source, reading }) =>
    reading.points.map((point) =>
      (owners.get(point.key)?.size ?? 0) > 1 ? { ...point, key: `${stem(source.path)}/${point.key}` } : point,
    ),
  );
}

function stem(path: string): string {
  return basename(path, extname(path));
}

async function readSource(source: Source): Promise<MetricReading> {
  try {
    if (source.kind === 'file') {
      const { size } = await stat(source.path);
      if (size > MAX_BYTES) return { points: [], problem: `it is larger than ${MAX_BYTES / 2 ** 20} MiB` };
      return readMetricFile(source.path, await readFile(source.path));
    }
    const paths = await dvcliveFiles(source.path);
    return dvcliveMetrics(
      await Promise.all(
        paths.map(async (path) => ({ path, bytes: await readFile(joinPath(source.path, path)) })),
      ),
    );
  } catch (error) {
    const known = fromSystemError(error, source.path);
    if (!isMloError(known) && errnoOf(error) === undefined) throw error;
    return { points: [], problem: messageOf(known) };
  }
}

/** Metric files of a DVCLive folder, relative to it; none when it is not there. */
async function dvcliveFiles(folder: AbsolutePath): Promise<readonly string[]> {
  const below = await readdir(folder, { recursive: true }).catch(() => []);
  return below
    .map((path) => path.replaceAll('\\', '/'))
    .filter(isDvcliveMetricFile)
    .sort();
}

async function namesIn(folder: AbsolutePath): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

async function stampOf(path: AbsolutePath): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined
    ? undefined
    : `${path} ${found.mtimeNs} ${found.ctimeNs} ${found.size} ${found.ino}`;
}
