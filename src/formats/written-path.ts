import { posix } from 'node:path';
import type { RepoPath } from '#foundation/brands.ts';
import { messageOf } from '#foundation/errors.ts';
import { checkedRepoPath } from '#foundation/paths.ts';
import { yamlError } from './yaml.ts';

/**
 * A path written in a project file, relative to `base` (a folder of the project, '' for its root), as a checked
 * path from the root. `where` tells its place in the file, for the
 * config error when it leaves the project.
 */
export function projectPath(written: string, base: string, where: () => string): RepoPath {
  try {
    if (posix.isAbsolute(written)) return checkedRepoPath(written, '');
    return checkedRepoPath(posix.normalize(posix.join(base, written)).replace(/\/+$/, ''), '');
  } catch (error) {
    const reason = messageOf(error).slice(2);
    throw yamlError(where(), `${reason}; expected a path inside the project`);
  }
}
