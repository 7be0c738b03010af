import {
  chmodSync,
  closeSync,
  copyFileSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { syncDir, temporaryName } from '#foundation/atomic-file.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { fromSystemError, MloError } from '#foundation/errors.ts';
import type { ContentSource, EntryMode, FileStamp, TreeRow, WorkOptions } from './content-store.ts';
import { objectCorrupt } from './object-errors.ts';
import { stampOf } from './scan-folder.ts';
import { hashStable } from './stable-read.ts';

export interface Placement {
  readonly id: ContentId;
  readonly dest: AbsolutePath;
  readonly mode: EntryMode;
  /** Survives a power loss when the call returns; without it the store still holds the content. */
  readonly durable: boolean;
}

/**
 * Puts verified content at `dest`: a temporary file beside it, then a rename, so `dest` is the old file or the
 * whole new one. Returns the stamp of the new file.
 */
export async function placeFile(
  source: ContentSource,
  placement: Placement,
  options: WorkOptions = {},
): Promise<FileStamp> {
  const { dest } = placement;
  const temporary = temporaryName(dest);
  try {
    if (placement.durable) await mkdir(dirname(dest), { recursive: true });
    await writeTemporary(source, placement, temporary, options);
    renameSync(temporary, dest);
    if (placement.durable) await syncDir(dirname(dest));
    return stampOf(lstatSync(dest));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fromSystemError(error, dest);
  }
}

async function writeTemporary(
  source: ContentSource,
  placement: Placement,
  temporary: AbsolutePath,
  options: WorkOptions,
): Promise<void> {
  const permissions = placement.mode === 'exec' ? 0o777 : 0o666;
  const loose = source.loose(placement.id);
  if (placement.mode === 'symlink') {
    symlinkSync(source.read(placement.id), temporary);
  } else if (loose === undefined) {
    const bytes = source.read(placement.id);
    writeSmall(temporary, bytes, permissions, placement.durable);
    options.onBytes?.(bytes.length);
  } else {
    await copyLoose(loose, placement, temporary, { ...options, permissions, reflink: source.reflink });
  }
}

function writeSmall(path: AbsolutePath, bytes: Buffer, permissions: number, durable: boolean): void {
  const fd = openSync(path, 'wx', permissions);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

interface CopyOptions extends WorkOptions {
  readonly permissions: number;
  readonly reflink: boolean;
}

async function copyLoose(
  loose: AbsolutePath,
  placement: Placement,
  temporary: AbsolutePath,
  options: CopyOptions,
): Promise<void> {
  const permissions = options.permissions & ~process.umask();
  let found: { readonly id: ContentId };
  if (options.reflink && tryClone(loose, temporary)) {
    found = await hashStable(temporary, options);
    chmodSync(temporary, permissions);
  } else {
    const copy = await open(temporary, 'wx', options.permissions);
    try {
      found = await hashStable(loose, options, copy);
      if (placement.durable) await copy.sync();
      fchmodSync(copy.fd, permissions);
    } finally {
      await copy.close();
    }
  }
  if (found.id !== placement.id) throw objectCorrupt(placement.id, loose, 'its SHA-256 is another one');
}

function tryClone(from: AbsolutePath, to: AbsolutePath): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    rmSync(to, { force: true });
    return false;
  }
}

/** `checkLinkTarget` for all links of a tree. */
export function checkLinks(rows: Iterable<TreeRow>, source: ContentSource, where: string): void {
  for (const row of rows) {
    if (row.mode === 'symlink') checkLinkTarget(row.path, source.read(row.id).toString('utf8'), where);
  }
}

/**
 * Refuses a link that leads out of its folder: checked when a folder is added and again before a stranger's
 * tree is written. `path` is the link's place in the folder.
 */
export function checkLinkTarget(path: string, target: string, where: string): void {
  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  const leaves = posix.isAbsolute(target) || resolved === '..' || resolved.startsWith('../');
  if (!leaves && target !== '' && !target.includes('\0')) return;
  throw new MloError(
    'usage',
    'MLO_LINK_ESCAPES',
    `${where}: the symbolic link ${JSON.stringify(path)} leads out of its folder, to ${JSON.stringify(target.slice(0, 200))}`,
    { hint: 'replace the link by the file it names, or by a relative link inside the folder' },
  );
}
