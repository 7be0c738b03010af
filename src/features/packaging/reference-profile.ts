import { MloError } from '#foundation/errors.ts';
import { REFERENCE_FILE } from '#formats/bundle.ts';
import { parseProfile, type Profile } from '#features/profiles/index.ts';
import type { ContentId } from '#foundation/brands.ts';
import type { Project } from '#stores/project.ts';
import { openBundle } from './open-bundle.ts';

/**
 * The profile the bundle of a reference carries: what production data is compared with. Throws MLO_NO_REFERENCE
 * when the model was packaged without one.
 */
export async function referenceProfile(options: {
  readonly project: Project;
  readonly ref: string;
}): Promise<{
  readonly profile: Profile;
  readonly id: ContentId;
  readonly digest: ContentId;
  readonly name: string;
  readonly version: number;
}> {
  const { digest, manifest, readFile } = await openBundle(options);
  const { name, version, reference } = manifest;
  if (reference === null) {
    throw new MloError(
      'not-found',
      'MLO_NO_REFERENCE',
      `the bundle of ${options.ref} has no reference profile`,
      {
        hint: `set models.${name}.reference in mlo.yaml, then: mlo package ${name}/${version}`,
      },
    );
  }
  const profile = parseProfile(await readFile(REFERENCE_FILE), reference);
  return { profile, id: reference, digest, name, version };
}
