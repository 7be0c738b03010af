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
