export type * from './types.ts';

/** `mlo trace`: walks and verifies every recorded edge from a prediction, package, model, run or dataset. */
export { trace } from './trace.ts';
