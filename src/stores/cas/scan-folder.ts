import { lstatSync, readdirSync, type Stats } from 'node:fs';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import type { EntryMode, FileStamp } from './content-store.ts';
import { compareUtf8 } from './utf8-order.ts';

export interface ScannedEntry extends FileStamp {
  /** Relative to the scanned folder; '' when the scanned path itself is a file. */
  readonly path: string;
  /** `dir`: a folder with nothing in it. */
  readonly mode: EntryMode | 'dir';
}

export type ScanIssue = 'special' | 'not-utf8' | 'metadata' | 'backslash';

export interface ScanOptions {
  /** Called for entries that cannot be versioned; they are left out. */
  readonly onIssue?: (issue: ScanIssue, path: string) => void;
}

const BATCH = 1024;

/**
 * Walks a folder in path order (UTF-8 bytes) without following links, in batches so that the caller can let
 * other work run in between. Leaves out mlo's own temporary files and nested `.git` and `.mlo`.
 */
export function* scanFolder(dir: AbsolutePath, options: ScanOptions = {}): Generator<ScannedEntry[]> {
  const issue = options.onIssue ?? (() => {});
  let batch: ScannedEntry[] = [];
  function* walk(absolute: string, prefix: string): Generator<ScannedEntry[]> {
    const found = readEntries(absolute, prefix, issue);
    if (found.length === 0 && prefix !== '') batch.push(emptyDir(prefix.slice(0, -1)));
    for (const { name, stats } of found) {
      const path = prefix + name;
      if (stats.isDirectory()) yield* walk(`${absolute}/${name}`, `${path}/`);
      else {
        const entry = scannedEntry(path, stats);
        if (entry) batch.push(entry);
        else issue('special', path);
      }
      if (batch.length >= BATCH) {
        yield batch;
        batch = [];
      }
    }
  }
  yield* walk(dir, '');
  if (batch.length > 0) yield batch;
}

/** Undefined for sockets, pipes and devices. */
export function scannedEntry(path: string, stats: Stats): ScannedEntry | undefined {
  const mode = modeOf(stats);
  return mode === undefined ? undefined : { path, mode, ...stampOf(stats) };
}

export function stampOf(stats: Stats): FileStamp {
  return { size: stats.size, mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs, ino: stats.ino };
}

export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.ino === b.ino;
}

function modeOf(stats: Stats): EntryMode | undefined {
  if (stats.isSymbolicLink()) return 'symlink';
  if (!stats.isFile()) return undefined;
  return process.platform !== 'win32' && (stats.mode & 0o100) !== 0 ? 'exec' : 'file';
}

function emptyDir(path: string): ScannedEntry {
  return { path, mode: 'dir', size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0 };
}

interface Found {
  readonly name: string;
  readonly key: string;
  readonly stats: Stats;
}

function readEntries(
  absolute: string,
  prefix: string,
  issue: (issue: ScanIssue, path: string) => void,
): Found[] {
  const found: Found[] = [];
  for (const name of readNames(absolute)) {
    const wrong = name.startsWith('.mlo-tmp-') ? 'temporary' : wrongName(name, absolute);
    if (wrong !== undefined) {
      if (wrong !== 'temporary') issue(wrong, prefix + name);
      continue;
    }
    const stats = lstatSync(`${absolute}/${name}`, { throwIfNoEntry: false });
    if (stats) found.push({ name, key: stats.isDirectory() ? `${name}/` : name, stats });
  }
  return found.sort((a, b) => compareUtf8(a.key, b.key));
}

function readNames(absolute: string): string[] {
  try {
    return readdirSync(absolute);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw fromSystemError(error, absolute);
  }
}

function wrongName(name: string, absolute: string): ScanIssue | undefined {
  if (name.charCodeAt(0) === 46 && /^\.(?:git|mlo)$/i.test(name)) return 'metadata';
  if (name.includes('\\')) return 'backslash';
  if (!name.includes('\ufffd')) return undefined;
  // Either the name really holds U+FFFD, or Node replaced bytes that are not UTF-8.
  const exact = Buffer.from(name, 'utf8');
  return readdirSync(absolute, { encoding: 'buffer' }).some((raw) => raw.equals(exact))
    ? undefined
    : 'not-utf8';
}
