export type * from './types.ts';

/** mlo.yaml with `${…}` filled in, checked as a graph. Throws config errors with line and column. */
export { loadPipeline } from './load-pipeline.ts';
/** Who depends on whom: an edge where a dependency equals, holds or lies inside an output. */
export { stageGraph } from './stage-graph.ts';
/** What changed since each stage last ran, by the stat index; opens no database. */
export { pipelineStatus } from './pipeline-status.ts';
/** Stage outputs of mlo.lock that live in the content store: what push, pull and checkout also care for. */
export { lockedOutputs } from './locked-outputs.ts';
/** Rolls back stages that kill -9 or a power cut ended; changing commands call it first. */
export { recoverStages } from './recover-stages.ts';
/** `mlo repro`. */
export { repro } from './repro.ts';
