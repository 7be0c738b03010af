export type * from './types.ts';

/** `mlo deploy plan`: the objects of an environment, and what the cluster would change. */
export { planDeployment } from './plan.ts';
