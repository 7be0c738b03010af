export type * from './types.ts';

/** Starts a run in this process: code, user and host are recorded, signs of life given. */
export { startRun } from './start-run.ts';
/** `@last`, `@best(auc)`, `@best(loss:min)`, a name, an id or at least 4 digits of one -> the run. */
export { resolveRun } from './resolve-run.ts';
/** `mlo runs list`. */
export { listRuns } from './list-runs.ts';
/** `mlo runs show`. */
export { showRun } from './show-run.ts';
/** `mlo runs compare`. */
export { compareRuns } from './compare-runs.ts';
/** Runs whose process is gone become KILLED. The use cases above call it themselves. */
export { markStaleRuns } from './stale-runs.ts';
/** `mlo run`: runs a command and records it. */
export { runCommand } from './run-command.ts';
export type { RunCommandOptions } from './command-types.ts';
/** `mlo log`: adds to a run from any language. */
export { logArtifactToRun, logMetricsToRun, logParamsToRun } from './log-to-run.ts';
