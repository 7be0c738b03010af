import { systemClock, type Clock } from '#foundation/clock.ts';
import { resolveRun } from './resolve-run.ts';
import { detailsOf } from './run-view.ts';
import { markStaleRuns } from './stale-runs.ts';
import type { RunDetails, RunsContext } from './types.ts';

/** Everything about one run but the history of its metrics. */
export async function showRun(
  options: RunsContext & { readonly ref: string; readonly clock?: Clock },
): Promise<RunDetails> {
  await markStaleRuns(options);
  return detailsOf(await resolveRun(options), (options.clock ?? systemClock).now());
}
