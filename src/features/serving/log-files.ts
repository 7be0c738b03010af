import { readdir } from 'node:fs/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, isMloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import { acquireLock } from '#foundation/process-lock.ts';
import { removeJournal } from '#stores/predictions/append-log.ts';
import { sealJournal } from './seal-journal.ts';

/** `<stem>.jsonl` is a journal, `<stem>.parquet` a sealed one, `<stem>.lock` says who is writing it. */
export interface LogFiles {
  readonly journals: readonly string[];
  readonly segments: readonly string[];
}

export function journalPath(dir: AbsolutePath, stem: string): AbsolutePath {
  return joinPath(dir, `${stem}.jsonl`);
}

export function segmentPath(dir: AbsolutePath, stem: string): AbsolutePath {
  return joinPath(dir, `${stem}.parquet`);
}

/** The lock of a journal; throws `locked` when another process writes it. */
export function lockJournal(dir: AbsolutePath, stem: string): Promise<AsyncDisposable> {
  return acquireLock({ path: joinPath(dir, `${stem}.lock`), command: 'mlo serve', timeoutMs: 0 });
}

/** Stems by age: they begin with the time. */
export async function listLogFiles(dir: AbsolutePath): Promise<LogFiles> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { journals: [], segments: [] };
    throw fromSystemError(error, dir);
  }
  const stems = (ending: string): string[] =>
    names
      .filter((name) => name.endsWith(ending) && !name.startsWith('.'))
      .map((name) => name.slice(0, -ending.length))
      .toSorted();
  const segments = stems('.parquet');
  return { journals: stems('.jsonl'), segments };
}

/** Seals the journals that no living process writes: those of servers that were killed. */
export async function sealAbandoned(dir: AbsolutePath, report: Report): Promise<void> {
  const { journals, segments } = await listLogFiles(dir);
  for (const stem of journals) {
    try {
      await using _lock = await lockJournal(dir, stem);
      // A crash after the segment was complete: only the journal is left to remove.
      if (segments.includes(stem)) await removeJournal(journalPath(dir, stem));
      else await sealJournal(journalPath(dir, stem), segmentPath(dir, stem), report);
    } catch (error) {
      if (!isMloError(error) || error.kind !== 'locked') throw error;
    }
  }
}
