import type { DataContext } from './types.ts';
import { exists } from './workspace.ts';

/** Whether the project has stages, and recorded outputs of stages: without them no pipeline code is loaded. */
export function pipelineFiles(context: Pick<DataContext, 'project'>): {
  readonly stages: boolean;
  readonly outputs: boolean;
} {
  const { pipelineFile, lockFile } = context.project.paths;
  return { stages: exists(pipelineFile), outputs: exists(lockFile) };
}
