import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isTablePath, openTable } from '#adapters/tables/open-table.ts';
import type { Table } from '#adapters/tables/table.ts';
import { throwIfAborted } from '#foundation/abort.ts';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { canonicalJson } from '#foundation/canonical-json.ts';
import { errnoOf, fromSystemError, isMloError, MloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { contentIdOf, hashFile, hexOf, isContentId } from '#foundation/hash.ts';
import { joinPath, type ProjectPaths } from '#foundation/paths.ts';
import type { Project } from '#stores/project.ts';
import { parseProfile } from './parse-profile.ts';
import { profileTables } from './profile-tables.ts';
import { seedOf } from './row-keys.ts';
import { SAMPLE_ROWS } from './sample-collector.ts';
import type { DataFile, Profile, ProfiledDataset } from './types.ts';

/** Part of the cache key: raise it with every change of what a profile of the same data holds. */
const PROFILER = 1;

export interface ProfileDatasetOptions {
  readonly project: Project;
  /** Table files, or folders whose table files are taken in the order of their names; one dataset. */
  readonly paths: readonly AbsolutePath[];
  /** Only these columns; default all. */
  readonly columns?: readonly string[] | undefined;
  /** Leaves out asked-for columns that the data does not have instead of failing. */
  readonly lenient?: boolean | undefined;
  /** Counts on this profile's edges and categories, to be compared or merged with it. */
  readonly edgesFrom?: Profile | undefined;
  /** Rows of the data kept in the profile; default 2,000. 0 for a profile that leaves the house. */
  readonly sampleRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/**
 * The profile of a dataset, stored under its content id. Unchanged data (same bytes, columns and edges) is
 * not read again but hashed: `.mlo/cache/profiles` maps the question to the profile, and may be deleted at any time.
 */
export async function profileDataset(options: ProfileDatasetOptions): Promise<ProfiledDataset> {
  const { project, signal } = options;
  const paths = await tableFiles(options.paths);
  const data: DataFile[] = [];
  for (const path of paths) {
    throwIfAborted(signal);
    data.push({ path: shownPath(project.paths, path), id: (await hashFile(path, signal)).id });
  }
  const store = await project.store();
  const cacheFile = joinPath(
    project.paths.sharedDir,
    'cache',
    'profiles',
    `${hexOf(cacheKey(options, data))}.json`,
  );
  const known = await readCache(cacheFile);
  if (known !== undefined && (await store.has(known))) {
    const profile = await readStored(() => store.readBytes(known), known);
    if (profile !== undefined) return { profile, id: known, data, cached: true };
  }
  const tables: Table[] = [];
  for (const path of paths) tables.push(await openTable(path, { signal }));
  const profile = await profileTables({
    tables: tables.map((table, i) => ({ table, seed: seedOf(data[i]?.id ?? '') })),
    columns: options.lenient === true ? presentColumns(tables, options.columns) : options.columns,
    edgesFrom: options.edgesFrom,
    sampleRows: options.sampleRows,
    signal,
    report: options.report,
  });
  const { id } = await store.putBytes(profileBytes(profile));
  await writeFileAtomic(cacheFile, `${JSON.stringify({ profile: id })}\n`);
  return { profile, id, data, cached: false };
}

/** The bytes a profile is stored and named by. */
export function profileBytes(profile: Profile): Uint8Array {
  return new TextEncoder().encode(canonicalJson(profile));
}

/** The content id of a profile. */
export function profileId(profile: Profile): ContentId {
  return contentIdOf(profileBytes(profile));
}

function cacheKey(options: ProfileDatasetOptions, data: readonly DataFile[]): ContentId {
  return contentIdOf(
    canonicalJson({
      profiler: PROFILER,
      data: data.map((file) => file.id),
      columns: options.columns ?? null,
      lenient: options.lenient === true,
      sampleRows: options.sampleRows ?? SAMPLE_ROWS,
      edges: options.edgesFrom === undefined ? null : profileId(options.edgesFrom),
    }),
  );
}

async function readCache(path: AbsolutePath): Promise<ContentId | undefined> {
  try {
    const { profile } = JSON.parse(await readFile(path, 'utf8')) as { profile?: unknown };
    return typeof profile === 'string' && isContentId(profile) ? profile : undefined;
  } catch {
    // Absent, unreadable or damaged: the profile is computed again.
    return undefined;
  }
}

/** A damaged copy in the store is no reason to fail: the data is here. */
async function readStored(read: () => Promise<Uint8Array>, id: ContentId): Promise<Profile | undefined> {
  try {
    return parseProfile(await read(), id);
  } catch (error) {
    if (isMloError(error) && (error.kind === 'integrity' || error.kind === 'not-found')) return undefined;
    throw error;
  }
}

function presentColumns(
  tables: readonly Table[],
  columns: readonly string[] | undefined,
): readonly string[] | undefined {
  return columns?.filter((name) =>
    tables.every((table) => table.columns.some((column) => column.name === name)),
  );
}

async function tableFiles(paths: readonly AbsolutePath[]): Promise<AbsolutePath[]> {
  const files: AbsolutePath[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) {
      files.push(path);
      continue;
    }
    const names = (await readdir(path, { recursive: true })).filter(isTablePath).sort();
    if (names.length === 0) {
      throw new MloError(
        'not-found',
        'MLO_NO_DATA',
        `no .csv, .jsonl or .parquet file in the folder ${path}`,
      );
    }
    files.push(...names.map((name) => joinPath(path, name)));
  }
  return files;
}

async function isFolder(path: AbsolutePath): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fromSystemError(error, path);
    const tracked = await stat(`${path}.mlo`).catch(() => undefined);
    throw new MloError('not-found', 'MLO_NO_FILE', `no file ${path}`, {
      ...(tracked === undefined ? {} : { hint: `it is tracked but not checked out: mlo checkout ${path}` }),
      cause: error,
    });
  }
}

function shownPath(paths: ProjectPaths, path: AbsolutePath): string {
  const prefix = join(paths.root, '/');
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
