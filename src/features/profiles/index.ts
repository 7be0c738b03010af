/** `mlo drift check`: profiles both sides, compares them, gives the report. */
export { checkDrift, type DriftReference } from './check-drift.ts';
/** Profile against profile: what `checkDrift` decides with. */
export { compareProfiles, DEFAULT_RULE } from './compare-profiles.ts';
/** Windows counted on the same edges become one. */
export { mergeProfiles } from './merge-profiles.ts';
/** Reads a profile back from its bytes. */
export { parseProfile } from './parse-profile.ts';
/** The profile of table files, stored under its content id; unchanged data is not read again. */
export { profileBytes, profileDataset, profileId } from './profile-dataset.ts';
/** The same for tables that are open already; nothing is stored. */
export { profileTables } from './profile-tables.ts';
export { checkReportPath, writeDriftReport } from './write-drift-report.ts';
export type { ColumnDrift, DriftComparison, DriftReport, Profile } from './types.ts';
