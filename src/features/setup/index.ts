export type * from './types.ts';

/** `mlo init`: make a project of a folder in a Git repository, from a template if wanted. */
export { initProject, type InitOptions } from './init-project.ts';
/** `mlo doctor`: what works, what does not, what to type; `fix` installs the native engines. */
export { doctor, type DoctorOptions } from './doctor.ts';
/** Names of the project that shell completion offers. */
export { completionValues, type ValueKind } from './completion-values.ts';
