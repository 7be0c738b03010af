import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { canonicalJson } from '#foundation/canonical-json.ts';
import { contentIdOf, hexOf, isContentId } from '#foundation/hash.ts';
import { checkedRepoPath, joinPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import type { LockedOut } from '#formats/mlo-lock.ts';
import type { Project } from '#stores/project.ts';
import type { StageNow } from './stage-changes.ts';
import type { Stage } from './types.ts';

/**
 * What stages produced from which inputs: `.mlo/cache/runs/ab/<key>.json`. Shared by all branches, commits and
 * worktrees of a clone. The bytes lie in the content store; an entry whose bytes are gone is no entry.
 */
interface CachedRun {
  readonly version: 1;
  readonly stage: string;
  readonly outs: readonly LockedOut[];
}

/** Undefined when the result of the stage does not follow from its inputs alone. */
export function runCacheKey(now: StageNow): ContentId | undefined {
  const { stage, contents, params } = now;
  if (!isCacheable(stage)) return undefined;
  const deps = stage.deps.toSorted().map((path) => [path, contents.get(path)?.id ?? null]);
  if (deps.some(([, id]) => id === null)) return undefined;
  // The definition holds the command, wdir, env and the paths of deps and outs.
  return contentIdOf(canonicalJson({ definition: stage.definition, deps, params }));
}

/** Outputs of an earlier run with the same key whose bytes are all in the store. */
export async function findCachedRun(
  project: Project,
  key: ContentId,
): Promise<readonly LockedOut[] | undefined> {
  const text = await readTextIfThere(entryFile(project, key));
  const outs = text === undefined ? undefined : parseEntry(text);
  return outs !== undefined && (await allStored(project, outs)) ? outs : undefined;
}

export async function allStored(project: Project, outs: readonly LockedOut[]): Promise<boolean> {
  const store = await project.store();
  for (const out of outs) if (!(await store.has(out.id))) return false;
  return true;
}

export async function saveCachedRun(
  project: Project,
  key: ContentId,
  run: { readonly stage: string; readonly outs: readonly LockedOut[] },
): Promise<void> {
  const entry: CachedRun = { version: 1, stage: run.stage, outs: run.outs };
  const text = `${canonicalJson(entry)}\n`;
  const file = entryFile(project, key);
  if ((await readTextIfThere(file)) !== text) await writeFileAtomic(file, text);
}

export function isCacheable(stage: Stage): boolean {
  if (stage.alwaysChanged || stage.outs.length === 0) return false;
  if (stage.deps.length === 0 && stage.params.length === 0) return false;
  return stage.outs.every((out) => !out.persist);
}

function entryFile(project: Project, key: ContentId): AbsolutePath {
  const hex = hexOf(key);
  return joinPath(project.paths.sharedDir, 'cache', 'runs', hex.slice(0, 2), `${hex}.json`);
}

/** A damaged entry is none: it only saves work. */
function parseEntry(text: string): readonly LockedOut[] | undefined {
  try {
    const entry = JSON.parse(text) as CachedRun;
    if (entry.version !== 1) return undefined;
    for (const out of entry.outs) {
      checkedRepoPath(out.path, 'run cache');
      if (!isContentId(out.id) || (out.kind !== 'file' && out.kind !== 'dir')) return undefined;
    }
    return entry.outs;
  } catch {
    return undefined;
  }
}
