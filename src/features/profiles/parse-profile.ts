import { MloError } from '#foundation/errors.ts';
import type { Profile } from './types.ts';

/**
 * Reads a profile from its bytes. Its content id vouches for the inside; here only format and version are
 * checked. `where` names the place in the error.
 */
export function parseProfile(bytes: Uint8Array, where: string): Profile {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw notAProfile(where, 'it is not JSON', error);
  }
  return checkedProfile(value, where);
}

/** Accepts JSON that says it is a profile of a version this mlo knows. */
function checkedProfile(value: unknown, where: string): Profile {
  if (typeof value !== 'object' || value === null) throw notAProfile(where, 'it is not an object');
  const { format, version, columns } = value as Partial<Profile>;
  if (format !== 'mlo/profile') throw notAProfile(where, 'format "mlo/profile" is missing');
  if (version !== 1) {
    throw new MloError(
      'failed',
      'MLO_PROFILE_VERSION',
      `${where}: profile version ${String(version)} is not known`,
      {
        hint: 'it was written by a newer mlo; update this one',
      },
    );
  }
  if (!Array.isArray(columns)) throw notAProfile(where, 'it has no columns');
  return value as Profile;
}

function notAProfile(where: string, why: string, cause?: unknown): MloError {
  return new MloError(
    'integrity',
    'MLO_BAD_PROFILE',
    `${where} is not a profile: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
