export type * from './types.ts';

/** `mlo add`: stores files and folders, writes their pointers and .gitignore lines. */
export { addPaths } from './add.ts';
/** `mlo status`: compares workspace, pointers and store; opens no database. */
export { dataStatus } from './status.ts';
/** `mlo checkout`: makes the workspace match the pointers (and `extra` items); never loses unsaved data. */
export { checkoutPaths } from './checkout.ts';
/** `mlo push`. */
export { pushData } from './push.ts';
/** `mlo pull`: `fetchData`, then checkout. */
export { fetchData, pullData } from './pull.ts';
export { addRemote, listRemotes } from './remotes.ts';
/** Pointers of the work tree, in path order. */
export { readPointers } from './find-pointers.ts';
/** Current content ids of workspace paths through the stat index; undefined where nothing exists. */
export { idOf, idsOf } from './ids.ts';
/** Puts a workspace path into the store and records it in the stat index. */
export { storePath } from './store-path.ts';
/** Makes a workspace path hold stored content, crash-safe. */
export { restorePath } from './restore-path.ts';
/** Files at and below the given paths whose content the store does not hold. */
export { unsavedChanges } from './unsaved.ts';
/** Adds paths to the .gitignore files of their folders. */
export { ignoreInGit } from './git-ignore.ts';
/** Whether pipeline code has anything to do. */
export { pipelineFiles } from './pipeline-files.ts';
