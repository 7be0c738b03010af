import type { ColumnType } from '#adapters/tables/table.ts';
import type { ContentId } from '#foundation/brands.ts';

/**
 * Profile format, version 1. A profile is canonical JSON (keys sorted, no blanks, UTF-8) and is named by the
 * SHA-256 of these bytes. The same rows give the same profile, however they were cut into batches. Numbers
 * that JSON cannot hold do not occur: what has no value (the mean of no rows) is null.
 */
export interface Profile {
  readonly format: 'mlo/profile';
  readonly version: 1;
  readonly rows: number;
  /** In the order of the data. */
  readonly columns: readonly ColumnProfile[];
  readonly sample: RowSample;
}

export type ColumnProfile = NumericProfile | CategoryProfile | DatetimeProfile;

interface ColumnBase {
  readonly name: string;
  /** Rows of the dataset: `nulls` and, for numbers, `nan` and the infinities are among them. */
  readonly rows: number;
  readonly nulls: number;
}

/** Finite numbers of a column. Moments are those of the finite values. */
export interface Moments {
  /** Finite values. */
  readonly n: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Sum of squared deviations from the mean (Welford 1962); variance is m2 / n. */
  readonly m2: number;
}

export interface NumericProfile extends ColumnBase {
  readonly kind: 'numeric';
  readonly type: Extract<ColumnType, 'float' | 'int'>;
  readonly nan: number;
  readonly positiveInfinities: number;
  readonly negativeInfinities: number;
  readonly moments: Moments;
  /** Different values; a lower bound when `distinctExact` is false. */
  readonly distinct: number;
  readonly distinctExact: boolean;
  readonly histogram: Histogram;
}

/**
 * Exact counts of all finite values on fixed edges. Values that equal an edge are counted apart from those
 * between two edges, so that discrete data, and heavy single values in continuous data, lose nothing.
 */
export interface Histogram {
  /**
   * Rising, at most 1,024, equal depth. All different values when there are at most that many. Empty when the
   * column has no finite value.
   */
  readonly edges: readonly number[];
  /** `at[i]`: values equal to `edges[i]`. */
  readonly at: readonly number[];
  /** `between[i]`: values strictly between `edges[i]` and `edges[i + 1]`; one shorter than `edges`. */
  readonly between: readonly number[];
  /** Values below the first edge. Zero on a column's own edges; data counted on others' may have some. */
  readonly below: number;
  readonly above: number;
  /** Sum of (first edge - value) over values below: makes the Wasserstein distance exact out there. */
  readonly belowBy: number;
  /** Sum of (value - last edge) over values above. */
  readonly aboveBy: number;
}

export interface CategoryProfile extends ColumnBase {
  readonly kind: 'category';
  /** Values of a `bool` column are 'true' and 'false'. */
  readonly type: Extract<ColumnType, 'string' | 'bool'>;
  readonly distinct: number;
  readonly distinctExact: boolean;
  readonly categories: Categories;
  /** Lengths in UTF-16 code units of the non-null values; null for booleans. */
  readonly length: { readonly min: number; readonly max: number; readonly mean: number } | null;
}

export interface Categories {
  /** Most frequent first, then by code units. All values up to 1,024 different ones, else the top 200. */
  readonly values: readonly CategoryCount[];
  /** Rows with a value that is not listed. */
  readonly other: number;
  /** Every value of the data is listed: then any other value is a new one. */
  readonly complete: boolean;
  /**
   * Rows by hash of the value, 256 buckets (FNV-1a over UTF-16 code units, its four bytes xored), when not all
   * values are listed: comparing top lists would compare the luck of being on one.
   */
  readonly buckets: readonly number[] | null;
}

export type CategoryCount = readonly [value: string, count: number];

/** Times are described, never compared: production is always later than training. */
export interface DatetimeProfile extends ColumnBase {
  readonly kind: 'datetime';
  readonly type: 'datetime';
  /** Milliseconds since 1970. */
  readonly min: number | null;
  readonly max: number | null;
}

/**
 * Up to 2,000 rows: those with the smallest keys, where a row's key is a hash of its index and of the
 * data's id. A uniform sample that merges and does not depend on the order of reading.
 */
export interface RowSample {
  readonly keys: readonly number[];
  /** Column by column, in the order of the profile's columns. Infinities are '+inf' and '-inf', NaN 'nan'. */
  readonly columns: readonly (readonly SampleValue[])[];
}

export type SampleValue = string | number | boolean | null;

export interface ProfiledDataset {
  readonly profile: Profile;
  /** Content id of the profile's bytes, which are in the project's store. */
  readonly id: ContentId;
  readonly data: readonly DataFile[];
  /** Unchanged data: the profile was read back, not computed. */
  readonly cached: boolean;
}

export interface DataFile {
  /** Path from the project's root when inside it. */
  readonly path: string;
  readonly id: ContentId;
}

/** What decides; every number of a report follows from it and the two profiles. */
export interface DriftRule {
  /** Effect size from which a distribution counts as changed. */
  readonly threshold: number;
  /** Change of the missing share, share of new categories, share out of range from which it counts. */
  readonly shareThreshold: number;
  /** Fewer rows on either side: `insufficient_data`. */
  readonly minRows: number;
  /** Share of drifted columns from which the dataset counts as drifted; 0: any column does. */
  readonly driftShare: number;
  /** Permutations behind the noise floor. */
  readonly draws: number;
}

export type DriftVerdict = 'drift' | 'no_drift' | 'insufficient_data';

/** Why a column drifted: one for each dimension over both its threshold and its noise floor. */
export type DriftReason =
  | 'distribution'
  | 'missing'
  | 'new_categories'
  | 'out_of_range'
  | 'type_changed'
  | 'missing_column';

/**
 * `wasserstein`: W1 / standard deviation of the reference. `jensenshannon`: distance with natural logarithm,
 * at most 0.8326. `share_changed`: share of values that differ from a reference that has only one.
 */
export type DriftMethod = 'wasserstein' | 'jensenshannon' | 'share_changed';

export interface ShareChange {
  readonly reference: number;
  readonly current: number;
  readonly threshold: number;
  /** Difference that sampling alone exceeds in 1 % of cases. */
  readonly noiseFloor: number;
  readonly drifted: boolean;
}

export interface ColumnDrift {
  readonly name: string;
  readonly type: ColumnType;
  readonly verdict: DriftVerdict;
  readonly reasons: readonly DriftReason[];
  readonly method: DriftMethod | null;
  readonly score: number | null;
  readonly threshold: number;
  /** 99th percentile of the score when rows are dealt to the two sides by chance; null: far below the threshold. */
  readonly noiseFloor: number | null;
  /** Share of such scores that are at least as large, counting this one; null when none was computed. */
  readonly p: number | null;
  readonly missing: ShareChange;
  readonly newCategories: (ShareChange & { readonly examples: readonly string[] }) | null;
  readonly outOfRange: ShareChange | null;
  /** Finite or non-null values compared. */
  readonly n: { readonly reference: number; readonly current: number };
  readonly mean: { readonly reference: number | null; readonly current: number | null } | null;
}

export interface DriftComparison {
  readonly verdict: DriftVerdict;
  /** Drifted first, then by score over threshold. */
  readonly columns: readonly ColumnDrift[];
  readonly driftedColumns: readonly string[];
  /** Drifted columns among those with an answer. */
  readonly share: number;
  readonly rule: DriftRule;
  readonly rows: { readonly reference: number; readonly current: number };
  /** Columns that were not compared, with the reason. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Columns of the current data that the reference does not have. */
  readonly extraColumns: readonly string[];
}

export interface DriftReport extends DriftComparison {
  readonly format: 'mlo/drift-report';
  readonly version: 1;
  readonly reference: ComparedData;
  readonly current: ComparedData;
}

export interface ComparedData {
  /** 'data/jan.parquet', 'late@prod'. */
  readonly label: string;
  readonly profile: ContentId;
  /** Files with their content ids; empty for a profile that was handed over. */
  readonly data: readonly DataFile[];
}
