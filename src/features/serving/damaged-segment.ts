import { join } from 'node:path';
import { isMloError, MloError } from '#foundation/errors.ts';
import type { Project } from '#stores/project.ts';

/**
 * What a failure to read tables is when the table is a sealed prediction log of the project: mlo wrote that
 * file, so it is damaged and not of a wrong format. Any other error comes back as it is. Use as
 * `throw fromDamagedSegment(error, project)`.
 */
export function fromDamagedSegment(error: unknown, project: Project): unknown {
  if (!isMloError(error) || error.code !== 'MLO_BAD_TABLE') return error;
  const path = error.details?.path;
  if (typeof path !== 'string' || !path.startsWith(join(project.paths.predictionsDir, '/'))) return error;
  return new MloError(
    'integrity',
    'MLO_PREDICTION_LOG_DAMAGED',
    `the sealed prediction log is damaged: ${error.message}`,
    {
      hint: `restore it from a backup, or set it aside and go on without its predictions: mv ${path} ${path}.damaged`,
      details: { path },
      cause: error,
    },
  );
}
