import type { ContentId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { resolveRun } from '#features/runs/index.ts';
import type { RunFile, RunRecord } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';
import { gitCommitOf } from './run-facts.ts';
import type { ModelSource } from './types.ts';

/**
 * The content a run recorded under one of `paths`: an output, an artifact, or a file inside a folder of
 * either. Throws `not-found` (MLO_NO_RUN_FILE) naming what the run has.
 */
export async function findRunFile(options: {
  readonly project: Project;
  readonly run: string;
  readonly paths: readonly string[];
}): Promise<ModelSource> {
  const { project, paths } = options;
  const record = await resolveRun({ project, ref: options.run });
  const files = record.files.filter((file) => file.role !== 'input');
  for (const path of paths) {
    const found = files.find((file) => file.path === path) ?? (await insideFolder(project, files, path));
    if (found !== undefined) return sourceOf(found, record);
  }
  throw noRunFile(record, files, paths[0] ?? '');
}

type FoundFile = Pick<RunFile, 'path' | 'kind' | 'size'> & { readonly id: ContentId };

function sourceOf(file: FoundFile, record: RunRecord): ModelSource {
  return {
    id: file.id,
    kind: file.kind,
    size: file.size,
    path: file.path,
    runId: record.run.runId,
    gitCommit: gitCommitOf(record),
  };
}

async function insideFolder(
  project: Project,
  files: readonly RunFile[],
  path: string,
): Promise<FoundFile | undefined> {
  const store = await project.store();
  for (const folder of files) {
    if (folder.kind !== 'dir' || !path.startsWith(`${folder.path}/`)) continue;
    const inner = path.slice(folder.path.length + 1);
    for await (const entry of store.listTree(folder.id)) {
      if (entry.path === inner) return { path, kind: 'file', id: entry.id, size: entry.size };
    }
  }
  return undefined;
}

function noRunFile(record: RunRecord, files: readonly RunFile[], path: string): MloError {
  const known = files.map((file) => file.path);
  return new MloError(
    'not-found',
    'MLO_NO_RUN_FILE',
    `run ${record.run.runId.slice(0, 8)} (${record.run.name}) recorded no file "${path}"`,
    {
      hint:
        known.length > 0
          ? `it recorded: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`
          : 'it recorded no outputs and no artifacts; name outs in mlo.yaml or use mlo log artifact',
      details: { runId: record.run.runId },
    },
  );
}
