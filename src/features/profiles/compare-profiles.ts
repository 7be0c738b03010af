import { MloError } from '#foundation/errors.ts';
import { compareCategories } from './compare-categories.ts';
import { compareNumbers } from './compare-numbers.ts';
import { shareChange, UNSCORED, type DistributionScore } from './drift-score.ts';
import type {
  ColumnDrift,
  ColumnProfile,
  DriftComparison,
  DriftReason,
  DriftRule,
  Profile,
} from './types.ts';

export const DEFAULT_RULE: DriftRule = {
  threshold: 0.1,
  shareThreshold: 0.05,
  minRows: 100,
  driftShare: 0.5,
  draws: 200,
};

export interface CompareOptions {
  /** Only these columns of the reference. */
  readonly columns?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  /** Columns that the current data lacks are skipped instead of counting as drifted. */
  readonly sharedOnly?: boolean | undefined;
}

/**
 * Compares current data with a reference, column by column. A column drifts when a dimension (distribution,
 * missing share, new categories, values out of range) changed by at least its threshold AND by more than
 * sampling explains; or when it is gone or has another type. `current` must be counted on the reference's
 * edges (`profileDataset({edgesFrom: reference})`), else MLO_PROFILES_DIFFER.
 */
export function compareProfiles(
  reference: Profile,
  current: Profile,
  rule: DriftRule = DEFAULT_RULE,
  options: CompareOptions = {},
): DriftComparison {
  const wanted = wantedColumns(reference, options);
  const skipped: { name: string; reason: string }[] = [];
  const columns: ColumnDrift[] = [];
  const enough = Math.min(reference.rows, current.rows) >= rule.minRows;
  for (const column of wanted) {
    const other = current.columns.find((candidate) => candidate.name === column.name);
    if (column.kind === 'datetime') skipped.push({ name: column.name, reason: 'times always move on' });
    else if (other === undefined && options.sharedOnly === true) {
      skipped.push({ name: column.name, reason: 'not in the current data' });
    } else columns.push(compareColumn(column, other, rule, enough));
  }
  const answered = columns.filter((column) => column.verdict !== 'insufficient_data');
  const drifted = answered.filter((column) => column.verdict === 'drift');
  const share = answered.length === 0 ? 0 : drifted.length / answered.length;
  const driftedNow = drifted.length > 0 && share >= rule.driftShare;
  return {
    verdict: answered.length === 0 ? 'insufficient_data' : driftedNow ? 'drift' : 'no_drift',
    columns: columns.sort(byDrift),
    driftedColumns: drifted.map((column) => column.name),
    share,
    rule,
    rows: { reference: reference.rows, current: current.rows },
    skipped,
    extraColumns: extraColumns(reference, current, options),
  };
}

function compareColumn(
  reference: ColumnProfile,
  current: ColumnProfile | undefined,
  rule: DriftRule,
  enough: boolean,
): ColumnDrift {
  const missing = shareChange({
    reference: { share: missingShare(reference), rows: reference.rows },
    current: { share: current === undefined ? 1 : missingShare(current), rows: current?.rows ?? 0 },
    threshold: rule.shareThreshold,
    eitherWay: true,
  });
  const sameKind =
    current === undefined || current.kind === reference.kind || isEmpty(current) || isEmpty(reference);
  const scored =
    current === undefined || current.kind !== reference.kind || !enough
      ? UNSCORED
      : scoreDistribution(reference, current, rule);
  const reasons = enough
    ? reasonsOf({ scored, missing: missing.drifted, gone: current === undefined, sameKind })
    : [];
  const unanswered = !enough || (scored.score === null && reasons.length === 0);
  return {
    name: reference.name,
    type: reference.type,
    verdict: reasons.length > 0 ? 'drift' : unanswered ? 'insufficient_data' : 'no_drift',
    reasons,
    method: scored.method,
    score: scored.score,
    threshold: rule.threshold,
    noiseFloor: scored.noiseFloor,
    p: scored.p,
    missing,
    newCategories: scored.newCategories,
    outOfRange: scored.outOfRange,
    n: { reference: valuesOf(reference), current: current === undefined ? 0 : valuesOf(current) },
    mean:
      reference.kind === 'numeric' ? { reference: reference.moments.mean, current: meanOf(current) } : null,
  };
}

function scoreDistribution(
  reference: ColumnProfile,
  current: ColumnProfile,
  rule: DriftRule,
): DistributionScore {
  if (valuesOf(reference) < rule.minRows || valuesOf(current) < rule.minRows) return UNSCORED;
  if (reference.kind === 'numeric' && current.kind === 'numeric')
    return compareNumbers(reference, current, rule);
  if (reference.kind === 'category' && current.kind === 'category')
    return compareCategories(reference, current, rule);
  return UNSCORED;
}

function reasonsOf(found: {
  readonly scored: DistributionScore;
  readonly missing: boolean;
  readonly gone: boolean;
  readonly sameKind: boolean;
}): DriftReason[] {
  if (found.gone) return ['missing_column'];
  const reasons: DriftReason[] = [];
  if (!found.sameKind) reasons.push('type_changed');
  if (found.scored.drifted) reasons.push('distribution');
  if (found.missing) reasons.push('missing');
  if (found.scored.newCategories?.drifted === true) reasons.push('new_categories');
  if (found.scored.outOfRange?.drifted === true) reasons.push('out_of_range');
  return reasons;
}

function wantedColumns(reference: Profile, options: CompareOptions): readonly ColumnProfile[] {
  const ignore = new Set(options.ignore);
  if (options.columns === undefined) return reference.columns.filter((column) => !ignore.has(column.name));
  return options.columns.flatMap((name) => {
    const column = reference.columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      throw new MloError('not-found', 'MLO_NO_COLUMN', `the reference has no column "${name}"`, {
        hint: `columns: ${reference.columns.map((candidate) => candidate.name).join(', ')}`,
      });
    }
    return ignore.has(name) ? [] : [column];
  });
}

function extraColumns(reference: Profile, current: Profile, options: CompareOptions): string[] {
  if (options.columns !== undefined) return [];
  const known = new Set([...reference.columns.map((column) => column.name), ...(options.ignore ?? [])]);
  return current.columns.map((column) => column.name).filter((name) => !known.has(name));
}

/** Rows that hold a value: finite numbers, texts, booleans. */
function valuesOf(column: ColumnProfile): number {
  return column.kind === 'numeric' ? column.moments.n : column.rows - column.nulls;
}

function isEmpty(column: ColumnProfile): boolean {
  return column.rows === column.nulls;
}

/** NaN stands for "no value" in most of what writes it. */
function missingShare(column: ColumnProfile): number {
  const missing = column.nulls + (column.kind === 'numeric' ? column.nan : 0);
  return column.rows === 0 ? 0 : missing / column.rows;
}

function meanOf(column: ColumnProfile | undefined): number | null {
  return column?.kind === 'numeric' ? column.moments.mean : null;
}

function byDrift(a: ColumnDrift, b: ColumnDrift): number {
  const rank = (column: ColumnDrift): number =>
    column.verdict === 'drift' ? 0 : column.verdict === 'no_drift' ? 1 : 2;
  return rank(a) - rank(b) || (b.score ?? -1) - (a.score ?? -1) || (a.name < b.name ? -1 : 1);
}
