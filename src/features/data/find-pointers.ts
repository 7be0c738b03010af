import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { checkedRepoPath, joinPath } from '#foundation/paths.ts';
import { parseIgnoreRules, type IgnoreRules } from '#formats/ignore-rules.ts';
import { parsePointer, POINTER_ENDING } from '#formats/pointer.ts';
import { compareUtf8 } from '#stores/cas/utf8-order.ts';
import type { DataContext, FoundPointer } from './types.ts';

const NEVER = new Set(['.git', '.mlo', 'node_modules', '__pycache__']);

/**
 * All pointers of the work tree in path order. Does not look into versioned folders (their pointer stands
 * beside them), nor into folders that .gitignore leaves out: a pointer there would not be versioned.
 */
export async function readPointers(context: Pick<DataContext, 'project'>): Promise<FoundPointer[]> {
  const { root } = context.project.paths;
  const found: FoundPointer[] = [];
  await Promise.resolve();
  walk({ root, prefix: '', rules: [] }, found);
  return found.sort((a, b) => compareUtf8(a.path, b.path));
}

interface Place {
  readonly root: AbsolutePath;
  /** '' or `folder/`. */
  readonly prefix: string;
  readonly rules: readonly { readonly prefix: string; readonly rules: IgnoreRules }[];
}

function walk(place: Place, found: FoundPointer[]): void {
  const { root, prefix } = place;
  const entries = list(joinPath(root, prefix));
  const names = new Set(entries.map((entry) => entry.name));
  const own = names.has('.gitignore') ? readRules(joinPath(root, prefix, '.gitignore')) : undefined;
  const rules = own ? [...place.rules, { prefix, rules: own }] : place.rules;
  for (const entry of entries) {
    const path = prefix + entry.name;
    if (entry.isFile() && isPointerName(entry.name)) found.push(readPointer(root, path));
    if (!entry.isDirectory() || NEVER.has(entry.name)) continue;
    if (names.has(entry.name + POINTER_ENDING) || isIgnored(path, rules)) continue;
    walk({ root, prefix: `${path}/`, rules }, found);
  }
}

export function isPointerName(name: string): boolean {
  return (
    name.length > POINTER_ENDING.length && name.endsWith(POINTER_ENDING) && !name.startsWith('.mlo-tmp-')
  );
}

/** Reads and checks one pointer file. */
export function readPointer(root: AbsolutePath, pointerPath: string): FoundPointer {
  const file = joinPath(root, pointerPath);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fromSystemError(error, file);
  }
  const pointer = parsePointer(text, pointerPath);
  const path = checkedRepoPath(pointerPath.slice(0, -POINTER_ENDING.length), pointerPath);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (pointer.path !== name) {
    throw new MloError(
      'config',
      'MLO_POINTER_NAME',
      `${pointerPath} names "${pointer.path}"; a pointer stands beside its data, so "${name}" is expected`,
      { hint: `mv ${pointerPath} beside its data, or correct its "path"` },
    );
  }
  const { kind, id, size, nfiles } = pointer;
  return { path, kind, id, size, nfiles, pointerPath: checkedRepoPath(pointerPath, pointerPath) };
}

export function pointerPathOf(path: RepoPath): RepoPath {
  return `${path}${POINTER_ENDING}` as RepoPath;
}

function isIgnored(path: string, levels: Place['rules']): boolean {
  for (const { prefix, rules } of levels.toReversed()) {
    const decision = rules.decide(path.slice(prefix.length));
    if (decision !== undefined) return decision === 'ignored';
  }
  return false;
}

function readRules(file: AbsolutePath): IgnoreRules | undefined {
  try {
    return parseIgnoreRules(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function list(folder: AbsolutePath): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return [];
    throw fromSystemError(error, folder);
  }
}
