/** Strings that must not be mixed up carry a brand; only the functions that check them make them. */
declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** `sha256:<64 hex digits>` of raw bytes: the identity of a file, tree node, chunk list, pack or manifest. */
export type ContentId = Brand<'ContentId'>;
/** 32 lower-case hex digits, MLflow's shape. */
export type RunId = Brand<'RunId'>;
/** Absolute path with the platform's separators. */
export type AbsolutePath = Brand<'AbsolutePath'>;
/** Path relative to the project root, forward slashes, no `.`/`..` parts, never empty. */
export type RepoPath = Brand<'RepoPath'>;
