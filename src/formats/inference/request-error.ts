import { MloError } from '#foundation/errors.ts';

/** A request that cannot be answered as it is: HTTP 400, exit code 2. `field` names what is wrong. */
export function requestError(field: string, message: string): MloError {
  return new MloError('usage', 'MLO_BAD_REQUEST', field === '' ? message : `${field}: ${message}`, {
    details: { field },
  });
}

/** A value as it may be quoted in an error: short, and never a whole payload. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
