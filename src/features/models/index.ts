export type * from './types.ts';

/** `mlo model register`: a new version from a run's file or from a workspace file; moves `candidate`. */
export { registerModel } from './register-model.ts';
/** `mlo model list`. */
export { listModels } from './list-models.ts';
/** `mlo model show`. */
export { showModel } from './show-model.ts';
/** `mlo model promote`: gates, then a compare-and-swap move of the alias. A refusal is a value. */
export { promoteModel } from './promote-model.ts';
/** `late@prod`, `late/3`, `late` -> the version. Throws MLO_NO_MODEL, MLO_NO_VERSION, MLO_NO_ALIAS. */
export { resolveModelRef } from './resolve-model-ref.ts';
/** `models.<name>` of mlo.yaml. */
export { modelConfig, type ModelConfig } from './model-config.ts';
export { gitCommitOf, tagOf } from './run-facts.ts';
