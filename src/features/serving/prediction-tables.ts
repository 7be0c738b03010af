import { readdir } from 'node:fs/promises';
import { writeParquet } from '#adapters/tables/write-parquet.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { silent, type Report } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import type { Project } from '#stores/project.ts';
import { journalPath, listLogFiles, sealAbandoned, segmentPath } from './log-files.ts';
import { readJournal } from './read-journal.ts';
import { journalColumns } from './seal-journal.ts';

/**
 * All logged predictions of a model as Parquet files, oldest first: the sealed segments, and copies of the
 * journals that servers are writing at this moment. Features keep their names; other columns are named
 * `mlo_…` and `prediction.…`.
 */
export async function predictionTables(options: {
  readonly project: Project;
  readonly model: string;
  readonly report?: Report | undefined;
}): Promise<readonly AbsolutePath[]> {
  const { project, model } = options;
  const dir = joinPath(project.paths.predictionsDir, model);
  await sealAbandoned(dir, options.report ?? silent);
  const copies = new Map<string, AbsolutePath>();
  for (const stem of (await listLogFiles(dir)).journals) {
    const { journal } = await readJournal(journalPath(dir, stem));
    if (journal === undefined || journal.records.length === 0) continue;
    const copy = joinPath(project.paths.tmpDir, 'predictions', model, `${stem}.parquet`);
    await writeParquet({ path: copy, columns: journalColumns(journal) });
    copies.set(stem, copy);
  }
  // Listed last: a journal that was sealed meanwhile is here, and its copy is not needed.
  const { segments } = await listLogFiles(dir);
  for (const stem of segments) copies.set(stem, segmentPath(dir, stem));
  return [...copies.keys()].toSorted().flatMap((stem) => copies.get(stem) ?? []);
}

/** Models that have a prediction log. */
export async function loggedModels(project: Project): Promise<readonly string[]> {
  try {
    const entries = await readdir(project.paths.predictionsDir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw fromSystemError(error, project.paths.predictionsDir);
  }
}
