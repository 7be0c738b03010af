import { basename } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { silent, type Report } from '#foundation/events.ts';
import type { Project } from '#stores/project.ts';
import { compareProfiles, DEFAULT_RULE } from './compare-profiles.ts';
import { profileDataset, profileId } from './profile-dataset.ts';
import type { ComparedData, DataFile, DriftReport, DriftRule, Profile } from './types.ts';

/** What the current data is held against: files, or a profile made earlier (a bundle's). */
export type DriftReference =
  | { readonly paths: readonly AbsolutePath[] }
  | { readonly profile: Profile; readonly label: string };

export interface CheckDriftOptions {
  readonly project: Project;
  /** Files or folders of the data to check, taken together. */
  readonly current: readonly AbsolutePath[];
  readonly reference: DriftReference;
  /** What the checked data is called; default: its path. */
  readonly label?: string | undefined;
  /** Only these columns of the reference. */
  readonly columns?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  /** Skip columns that the current data lacks, instead of counting them as drifted. */
  readonly sharedOnly?: boolean | undefined;
  /** Default: `drift.threshold`, `drift.min_rows`, `drift.share` of the configuration. */
  readonly threshold?: number | undefined;
  readonly minRows?: number | undefined;
  readonly share?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/** Profiles both sides (unchanged data from the cache), compares them and says whether the data drifted. */
export async function checkDrift(options: CheckDriftOptions): Promise<DriftReport> {
  const { project, signal } = options;
  const report = options.report ?? silent;
  const rule = ruleOf(options);
  const { profile: reference, compared } = await referenceOf(options);
  const current = await profileDataset({
    project,
    paths: options.current,
    columns:
      options.columns ??
      (options.sharedOnly === true ? reference.columns.map(({ name }) => name) : undefined),
    lenient: true,
    edgesFrom: reference,
    signal,
    report,
  });
  const comparison = compareProfiles(reference, current.profile, rule, options);
  if (comparison.verdict === 'insufficient_data') {
    const { rows } = comparison;
    report({
      type: 'warning',
      code: 'MLO_INSUFFICIENT_DATA',
      message: `too little data to tell: ${rows.current} rows against ${rows.reference}, ${rule.minRows} are needed`,
      hint: 'check more rows at once, or lower --min-rows (30 at least)',
    });
  }
  return {
    format: 'mlo/drift-report',
    version: 1,
    ...comparison,
    reference: compared,
    current: { label: options.label ?? labelOf(current.data), profile: current.id, data: current.data },
  };
}

async function referenceOf(
  options: CheckDriftOptions,
): Promise<{ profile: Profile; compared: ComparedData }> {
  const { reference, project, signal, report } = options;
  if ('profile' in reference) {
    const { profile, label } = reference;
    return { profile, compared: { label, profile: profileId(profile), data: [] } };
  }
  const { columns } = options;
  const { profile, id, data } = await profileDataset({
    project,
    paths: reference.paths,
    columns,
    signal,
    report,
  });
  return { profile, compared: { label: labelOf(data), profile: id, data } };
}

function ruleOf({ project, ...options }: CheckDriftOptions): DriftRule {
  return {
    ...DEFAULT_RULE,
    threshold: options.threshold ?? project.config.get('drift.threshold'),
    minRows: options.minRows ?? project.config.get('drift.min_rows'),
    driftShare: options.share ?? project.config.get('drift.share'),
  };
}

function labelOf(data: readonly DataFile[]): string {
  const [first] = data;
  if (first === undefined || data.length === 1) return first?.path ?? '';
  return `${data.length} files, ${basename(first.path)} to ${basename(data.at(-1)?.path ?? '')}`;
}
