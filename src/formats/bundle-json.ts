import { canonicalJson } from '#foundation/canonical-json.ts';

/**
 * Canonical JSON with two blanks of indentation and a line end: the same value always gives the same bytes,
 * so their SHA-256 can name it, and a person can still read them.
 */
export function bundleJson(value: unknown): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), undefined, 2)}\n`;
}
