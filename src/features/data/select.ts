import { lstatSync } from 'node:fs';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { absolutePath, repoPath } from '#foundation/paths.ts';
import { POINTER_ENDING } from '#formats/pointer.ts';
import { readPointers } from './find-pointers.ts';
import type { DataContext, FoundPointer, TrackedItem } from './types.ts';

export interface Selection {
  /** Where relative paths start; default: the project root. */
  readonly cwd?: AbsolutePath | undefined;
  /** Versioned paths, their pointers, or folders that hold some; none: everything. */
  readonly paths?: readonly string[] | undefined;
  /** Versioned paths that have no pointer: outputs of stages, from mlo.lock. */
  readonly extra?: readonly TrackedItem[] | undefined;
}

export type SelectedItem = TrackedItem & { readonly pointerPath: RepoPath | undefined };

/** The versioned paths that a command is about, in path order. Throws `not-found` for a path that names none. */
export async function selectItems(context: DataContext, selection: Selection): Promise<SelectedItem[]> {
  const { root } = context.project.paths;
  const pointers = await readPointers(context);
  const all = merge(pointers, selection.extra ?? []);
  if (selection.paths === undefined || selection.paths.length === 0) return all;
  const chosen = new Set<SelectedItem>();
  for (const text of selection.paths) {
    const absolute = absolutePath(selection.cwd ?? root, text);
    if (absolute === root) return all;
    const path = repoPath(root, absolute);
    const matches = all.filter(
      (item) => item.path === path || item.pointerPath === path || item.path.startsWith(`${path}/`),
    );
    if (matches.length === 0) throw notTracked(text, path, all, absolute);
    for (const match of matches) chosen.add(match);
  }
  return all.filter((item) => chosen.has(item));
}

function merge(pointers: readonly FoundPointer[], extra: readonly TrackedItem[]): SelectedItem[] {
  const known = new Set<string>(pointers.map((pointer) => pointer.path));
  return [
    ...pointers,
    ...extra
      .filter((item) => !known.has(item.path))
      .map(({ path, kind, id, size, nfiles }) => ({ path, kind, id, size, nfiles, pointerPath: undefined })),
  ];
}

function notTracked(
  text: string,
  path: RepoPath,
  all: readonly SelectedItem[],
  absolute: AbsolutePath,
): MloError {
  const folder = all.find((item) => path.startsWith(`${item.path}/`));
  if (folder) {
    return new MloError(
      'usage',
      'MLO_INSIDE_FOLDER',
      `${text} lies inside the versioned folder ${folder.path}`,
      {
        hint: `name the folder: ${folder.path}`,
      },
    );
  }
  const exists = lstatSync(absolute, { throwIfNoEntry: false }) !== undefined;
  return new MloError('not-found', 'MLO_NOT_TRACKED', `${text} is not versioned by mlo`, {
    hint: exists
      ? `mlo add ${text}`
      : `mlo status shows what is; a pointer would be ${path}${POINTER_ENDING}`,
  });
}
