import type { TrackedItem } from '#features/data/index.ts';
import type { Context } from '../../context.ts';

/** Outputs of stages that mlo.lock records: push, pull and checkout care for them as for pointers. */
export async function trackedOutputs(context: Context): Promise<readonly TrackedItem[]> {
  const project = context.project();
  const { pipelineFiles } = await import('#features/data/index.ts');
  if (!pipelineFiles({ project }).outputs) return [];
  const { lockedOutputs } = await import('#features/pipelines/index.ts');
  return lockedOutputs({ project });
}

/**
 * The same for commands that change the workspace: what a killed `mlo repro` left half done is undone or completed
 * first, so that its outputs are not taken for the user's own work.
 */
export async function settledOutputs(context: Context): Promise<readonly TrackedItem[]> {
  const project = context.project();
  const { pipelineFiles } = await import('#features/data/index.ts');
  if (pipelineFiles({ project }).stages) {
    const { recoverStages } = await import('#features/pipelines/index.ts');
    await recoverStages({ project, signal: context.signal, report: context.report });
  }
  return trackedOutputs(context);
}
