import type { RepoPath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { acquireLock } from '#foundation/process-lock.ts';
import { findGitRoot } from '#foundation/project-location.ts';
import { ignoreInGit } from '#features/data/index.ts';
import type { Project } from '#stores/project.ts';

/** Makes Git ignore outputs that the content store keeps. */
export async function ignoreOutputs(project: Project, paths: readonly RepoPath[]): Promise<void> {
  const { root, locksDir } = project.paths;
  if (paths.length === 0 || findGitRoot(root) === undefined) return;
  // Stages that end at the same moment may share a folder.
  await using _lock = await acquireLock({ path: joinPath(locksDir, 'gitignore'), command: 'mlo repro' });
  await ignoreInGit(root, paths);
}
