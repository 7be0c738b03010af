import { systemClock, type Clock } from '#foundation/clock.ts';
import { MloError } from '#foundation/errors.ts';
import type { ListRuns, RunRecord, TrackingStore } from '#stores/database/tracking-store.ts';
import { betterDirection } from './better-direction.ts';
import { nearest } from './near-matches.ts';
import { summaryOf } from './run-view.ts';
import { markStaleRuns } from './stale-runs.ts';
import type { RunsContext, RunSummary } from './types.ts';

export interface ListRunsOptions extends RunsContext {
  readonly experiment?: string | undefined;
  /** `auc`, `loss:asc`: best first by what the name suggests when no direction is given. */
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
  readonly clock?: Clock;
}

/** Newest first, or by a metric. Throws `not-found` for an experiment or metric nobody has. */
export async function listRuns(options: ListRunsOptions): Promise<readonly RunSummary[]> {
  await markStaleRuns(options);
  const tracking = await options.project.tracking();
  const query: ListRuns = {
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.experiment === undefined
      ? {}
      : { experimentId: await experimentId(tracking, options.experiment) }),
    ...(options.sort === undefined ? {} : { orderBy: orderOf(options.sort) }),
  };
  const records = await tracking.listRuns(query);
  if (query.orderBy !== undefined) refuseUnknownMetric(query.orderBy.metric, records);
  const now = (options.clock ?? systemClock).now();
  return records.map((record) => summaryOf(record, now));
}

function orderOf(sort: string): NonNullable<ListRuns['orderBy']> {
  const match = /^(.+):(asc|desc)$/.exec(sort);
  const metric = match?.[1] ?? sort;
  return { metric, direction: (match?.[2] as 'asc' | 'desc' | undefined) ?? betterDirection(metric) };
}

async function experimentId(tracking: TrackingStore, name: string): Promise<string> {
  const experiments = await tracking.listExperiments();
  const found = experiments.find((each) => each.name === name);
  if (found !== undefined) return found.experimentId;
  const names = experiments.map((each) => each.name);
  throw new MloError(
    'not-found',
    'MLO_NO_SUCH_EXPERIMENT',
    `there is no experiment "${name}"; there are: ${names.slice(0, 20).join(', ')}`,
    { hint: 'mlo runs list', details: { experiment: name, known: names } },
  );
}

/** The store sorts runs without the metric last, so the first one tells. */
function refuseUnknownMetric(metric: string, records: readonly RunRecord[]): void {
  const known = [...new Set(records.flatMap((record) => record.metrics.map((each) => each.key)))].sort();
  if (records.length === 0 || known.includes(metric)) return;
  const near = nearest(metric, known);
  const which =
    near.length > 0 ? `did you mean ${near.join(', ')}?` : `known metrics: ${known.slice(0, 20).join(', ')}`;
  throw new MloError('not-found', 'MLO_NO_SUCH_METRIC', `no run has a metric "${metric}"; ${which}`, {
    hint: 'mlo runs list',
    details: { metric, known },
  });
}
