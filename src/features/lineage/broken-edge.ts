import { MloError } from '#foundation/errors.ts';

/** One of two records that should say the same. */
export interface Witness {
  /** What it says; "nothing" when the record is missing. */
  readonly says: string;
  /** Where that was read: a file at a commit, a row, a manifest. */
  readonly readFrom: string;
}

/** Two records of one edge disagree: whatever was made of it can no longer be traced. */
export function brokenEdge(
  edge: { readonly from: string; readonly to: string; readonly what: string },
  one: Witness,
  other: Witness,
  extras: { readonly hint?: string; readonly cause?: unknown } = {},
): MloError {
  return new MloError(
    'integrity',
    'MLO_BROKEN_EDGE',
    `broken edge ${edge.from} -> ${edge.to}: ${edge.what}: ${one.readFrom} says ${one.says}, ` +
      `${other.readFrom} says ${other.says}`,
    { ...extras, details: { ...edge, witnesses: [one, other] } },
  );
}

/** Throws unless both witnesses say the same. */
export function mustAgree(
  edge: { readonly from: string; readonly to: string; readonly what: string },
  one: Witness,
  other: Witness,
): void {
  if (one.says !== other.says) throw brokenEdge(edge, one, other);
}
