import { shareNoise, type Share } from './noise-floor.ts';
import type { ColumnDrift, DriftMethod, ShareChange } from './types.ts';

/** What comparing two distributions of one column gave. */
export interface DistributionScore {
  readonly method: DriftMethod | null;
  readonly score: number | null;
  readonly noiseFloor: number | null;
  readonly p: number | null;
  readonly drifted: boolean;
  readonly newCategories: ColumnDrift['newCategories'];
  readonly outOfRange: ShareChange | null;
}

export const UNSCORED: DistributionScore = {
  method: null,
  score: null,
  noiseFloor: null,
  p: null,
  drifted: false,
  newCategories: null,
  outOfRange: null,
};

/** Both keys of the rule: large enough to matter, and more than sampling explains. */
export function isDrift(score: number, threshold: number, noiseFloor: number | null): boolean {
  return score >= threshold && score > (noiseFloor ?? 0);
}

export function shareChange(change: {
  readonly reference: Share;
  readonly current: Share;
  readonly threshold: number;
  /** A fall counts as well as a rise. */
  readonly eitherWay: boolean;
}): ShareChange {
  const { reference, current, threshold } = change;
  const rise = current.share - reference.share;
  const size = change.eitherWay ? Math.abs(rise) : rise;
  const noiseFloor = current.rows === 0 || reference.rows === 0 ? 0 : shareNoise(reference, current);
  return {
    reference: reference.share,
    current: current.share,
    threshold,
    noiseFloor,
    drifted: isDrift(size, threshold, noiseFloor),
  };
}

/** FNV-1a over UTF-16 code units: a column's draws do not depend on which other columns are compared. */
export function seedOfName(name: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}
