import type { ContentId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { shortId } from '#foundation/hash.ts';

/** The store has no such object. */
export function objectMissing(id: ContentId, where: string): MloError {
  return new MloError('not-found', 'MLO_OBJECT_MISSING', `the object ${shortId(id)} is not in ${where}`, {
    hint: 'mlo pull',
    details: { id },
  });
}

/** Bytes that do not give their id. `where` is the file that holds them. */
export function objectCorrupt(id: ContentId, where: string, why: string): MloError {
  return new MloError(
    'integrity',
    'MLO_OBJECT_CORRUPT',
    `the object ${shortId(id)} in ${where} is damaged: ${why}`,
    { hint: 'mlo pull fetches a good copy when a remote has one', details: { id, where } },
  );
}
