import { MloError } from '#foundation/errors.ts';
import { idOf, storePath, type Content } from '#features/data/index.ts';
import type { LockedItem, LockedOut, LockedStage } from '#formats/mlo-lock.ts';
import type { Contents, StageNow } from './stage-changes.ts';
import type { PipelineContext, Stage } from './types.ts';

/** Small outputs that stay in Git go into the store as well, so that the run cache can bring them back. */
const SMALL = 1024 * 1024;

/** Puts what a command wrote into the store. Throws `child` naming outputs that are missing. */
export async function storeOutputs(context: PipelineContext, stage: Stage): Promise<readonly LockedOut[]> {
  const { project, signal, report } = context;
  const found: { out: Stage['outs'][number]; content: Content | undefined }[] = [];
  for (const out of stage.outs) {
    found.push({ out, content: await idOf({ project, signal, report, path: out.path }) });
  }
  const missing = found.filter(({ content }) => content === undefined).map(({ out }) => out.path);
  if (missing.length > 0) throw missingOutputs(stage, missing);
  const locked: LockedOut[] = [];
  for (const { out, content } of found) {
    const stored = out.cache || (content !== undefined && content.size <= SMALL);
    const item = stored ? await storePath({ project, signal, report, path: out.path }) : content;
    if (item === undefined) throw missingOutputs(stage, [out.path]);
    const { kind, id, size, nfiles } = item;
    locked.push({ path: out.path, kind, id, size, nfiles, cache: out.cache, persist: out.persist });
  }
  return locked.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The record of a stage. Dependencies that are not known for sure are left out: it will run again. */
export function lockedStage(now: StageNow, outs: readonly LockedOut[], sure: Contents): LockedStage {
  const { stage } = now;
  const deps = [...new Set(stage.deps)].toSorted().flatMap((path): LockedItem[] => {
    const content = sure.get(path);
    if (content === undefined) return [];
    const { kind, id, size, nfiles } = content;
    return [{ path, kind, id, size, nfiles }];
  });
  return {
    definition: stage.definition,
    cmd: stage.cmd,
    wdir: stage.wdir,
    env: stage.env,
    deps,
    params: now.params,
    outs,
  };
}

function missingOutputs(stage: Stage, missing: readonly string[]): MloError {
  return new MloError(
    'child',
    'MLO_OUT_MISSING',
    `stage "${stage.name}": its command ended well but did not write ${missing.join(', ')}`,
    {
      hint: `correct the command, or the outputs of "${stage.name}" in mlo.yaml`,
      details: { stage: stage.name, missing, exitCode: 0 },
    },
  );
}
