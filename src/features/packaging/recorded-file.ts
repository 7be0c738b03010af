import { basename } from 'node:path';
import type { AbsolutePath, ContentId, RepoPath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';

interface RecordedFile {
  readonly id: ContentId;
  readonly kind: 'file' | 'dir';
}

/**
 * What the run that made the model saw or wrote under a project path: the path itself, or a file inside a
 * recorded folder. Undefined when the run does not know the path.
 */
export async function recordedFile(
  project: Project,
  path: RepoPath,
  run: RunRecord | undefined,
): Promise<RecordedFile | undefined> {
  const files = (run?.files ?? []).filter((file) => file.role !== 'artifact');
  const same = files.find((file) => file.path === path);
  if (same !== undefined) return { id: same.id, kind: same.kind };
  for (const folder of files) {
    if (folder.kind !== 'dir' || !path.startsWith(`${folder.path}/`)) continue;
    const inner = path.slice(folder.path.length + 1);
    for await (const entry of (await project.store()).listTree(folder.id)) {
      if (entry.path === inner) return { id: entry.id, kind: 'file' };
    }
  }
  return undefined;
}

/** Text of a small file as recorded, else as the workspace holds it; undefined when it is in neither. */
export async function recordedText(
  project: Project,
  path: RepoPath,
  run: RunRecord | undefined,
): Promise<string | undefined> {
  const store = await project.store();
  const recorded = await recordedFile(project, path, run);
  if (recorded?.kind === 'file' && (await store.has(recorded.id))) {
    return new TextDecoder().decode(await store.readBytes(recorded.id));
  }
  return await readTextIfThere(joinPath(project.paths.root, path));
}

/**
 * A path that holds the dataset as the run recorded it: a copy below `scratch`, since the workspace may have
 * moved on. The workspace itself when no run recorded the path.
 */
export async function recordedData(options: {
  readonly project: Project;
  readonly path: RepoPath;
  readonly run: RunRecord | undefined;
  readonly scratch: AbsolutePath;
}): Promise<AbsolutePath> {
  const { project, path } = options;
  const recorded = await recordedFile(project, path, options.run);
  const store = await project.store();
  if (recorded === undefined || !(await store.has(recorded.id))) return joinPath(project.paths.root, path);
  const copy = joinPath(options.scratch, basename(path));
  if (recorded.kind === 'dir') await store.writeTreeTo(recorded.id, copy);
  else await store.writeFileTo(recorded.id, copy);
  return copy;
}
