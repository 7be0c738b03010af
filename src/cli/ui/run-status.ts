import type { Theme } from './theme.ts';

/** The status of a run in its colour. */
export function statusText(status: string, theme: Theme): string {
  if (status === 'FINISHED') return theme.good(status);
  if (status === 'FAILED' || status === 'KILLED') return theme.bad(status);
  return theme.warn(status);
}

/** First digits of a run's id: enough to name it. */
export function shortRunId(runId: string): string {
  return runId.slice(0, 8);
}
