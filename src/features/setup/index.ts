export type * from './types.ts';

/** `mlo init`: make a project of a folder in a Git repository, from a template if wanted. */
export { initProject } from './init-project.ts';
/** `mlo doctor`: what works, what does not, what to type; `fix` installs the native engines. */
export { doctor } from './doctor.ts';
/** Names of the project that shell completion offers. */
export { completionValues } from './completion-values.ts';
