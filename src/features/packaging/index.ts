export type * from './types.ts';

/** `mlo package`: builds, checks and stores the bundle of a model version; same sources, same digest. */
export { packageModel } from './package-model.ts';
/** Opens a bundle by model reference, digest or folder and verifies every checksum. */
export { openBundle, openBundleDir } from './open-bundle.ts';
/** The drift reference of a model: the profile its bundle carries. */
export { referenceProfile } from './reference-profile.ts';
