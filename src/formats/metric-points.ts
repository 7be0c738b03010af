/** One value of a metric read from a file. */
export interface MetricPoint {
  readonly key: string;
  /** NaN and infinities are allowed. */
  readonly value: number;
  readonly step: number;
  /** Milliseconds since 1970; undefined when the file does not say. */
  readonly timestamp?: number;
}

/** What a file gave. `problem` names the place in it; points before that place are kept. */
export interface MetricReading {
  readonly points: readonly MetricPoint[];
  readonly problem: string | undefined;
}

/** UTF-8 text, or where it stops being some. A byte-order mark is taken off. */
export function decode(bytes: Uint8Array): string | { readonly offset: number; readonly problem: string } {
  const nul = bytes.indexOf(0);
  if (nul !== -1) return { offset: nul, problem: 'a NUL; this is no text file' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { offset: firstBadByte(bytes), problem: 'this is not UTF-8 text' };
  }
}

function firstBadByte(bytes: Uint8Array): number {
  // The text decoded so far, written back, is as long as the good part.
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const good = lenient.split('\ufffd', 1)[0] ?? '';
  return new TextEncoder().encode(good).length;
}
