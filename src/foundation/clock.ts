/** Time enters here so that tests can fix it. Files and JSON carry UTC ISO 8601. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** `2026-11-22T15:28:27.123Z` */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
