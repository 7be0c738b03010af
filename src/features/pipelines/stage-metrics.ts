import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { messageOf } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { METRIC_FILE_ENDINGS, readMetricFile } from '#formats/metric-files.ts';
import type { MetricReading } from '#formats/metric-points.ts';
import { flattenParams, parseParams } from '#formats/params.ts';
import type { NewMetric } from '#features/runs/index.ts';
import type { PipelineContext, Stage } from './types.ts';

/**
 * Numbers of the stages' metric files: JSON, JSON lines, CSV, TSV or YAML; nested maps as dotted keys. A key that
 * an earlier file has too gets the name of its file in front. A file that cannot be read is a warning: its stage
 * has ended well.
 */
export async function readStageMetrics(
  context: PipelineContext,
  stages: readonly Stage[],
): Promise<readonly NewMetric[]> {
  const owners = new Map<string, string>();
  const metrics: NewMetric[] = [];
  for (const { path } of stages.flatMap((stage) => stage.outs.filter((out) => out.role === 'metric'))) {
    const { points, problem } = await readPoints(context, path);
    for (const point of points) {
      const owner = owners.get(point.key) ?? path;
      owners.set(point.key, owner);
      const key = owner === path ? point.key : `${posix.parse(path).name}.${point.key}`;
      metrics.push({ ...point, key });
    }
    if (problem === undefined) continue;
    context.report?.({
      type: 'warning',
      code: 'MLO_BAD_METRICS',
      message: `${path}: not all of its metrics could be recorded: ${problem}`,
    });
  }
  return metrics;
}

async function readPoints(context: PipelineContext, path: string): Promise<MetricReading> {
  try {
    const bytes = await readFile(joinPath(context.project.paths.root, path));
    if (METRIC_FILE_ENDINGS.includes(posix.extname(path).toLowerCase())) return readMetricFile(path, bytes);
    const values = Object.entries(flattenParams(parseParams(bytes.toString('utf8'), path)));
    const numbers = values.filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    return { points: numbers.map(([key, value]) => ({ key, value, step: 0 })), problem: undefined };
  } catch (error) {
    return { points: [], problem: messageOf(error) };
  }
}
