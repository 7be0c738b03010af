import { posix } from 'node:path';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath, repoPath } from '#foundation/paths.ts';
import { findGitRoot } from '#foundation/project-location.ts';
import { encodePointer } from '#formats/pointer.ts';
import { checkAddable } from './add-checks.ts';
import { expandPaths } from './expand-paths.ts';
import { pointerPathOf, readPointer } from './find-pointers.ts';
import { ignoreInGit } from './git-ignore.ts';
import { identify } from './identify.ts';
import { loadIndex, saveIndex, type IndexEdit } from './index-cache.ts';
import { progress } from './store-path.ts';
import { sweepTemporaries } from './sweep.ts';
import type { AddedItem, AddResult, Content, DataContext } from './types.ts';
import { exists, withWorkspace } from './workspace.ts';

export interface AddOptions extends DataContext {
  readonly cwd: AbsolutePath;
  /** Files, folders or patterns, relative to `cwd`. */
  readonly paths: readonly string[];
}

/**
 * Stores files and folders, then writes their pointers and .gitignore lines. Killed at any moment it leaves the
 * workspace as it was, or with some of the pointers; running it again completes it.
 */
export async function addPaths(options: AddOptions): Promise<AddResult> {
  const { root } = options.project.paths;
  const paths = expandPaths(options.cwd, options.paths).map((path) => repoPath(root, path));
  return await withWorkspace(options, 'mlo add', async () => {
    await checkAddable(options, paths);
    sweepTemporaries(
      options.project.paths,
      paths.map((path) => ({ path, kind: 'dir' })),
    );
    const { contents, edits } = await storeAll(options, paths);
    const items: AddedItem[] = [];
    const forGit: RepoPath[] = [];
    for (const [path, content] of contents) {
      const item = await writePointer(root, path, content);
      items.push(item);
      if (item.change !== 'unchanged') forGit.push(item.pointerPath);
    }
    if (findGitRoot(root) !== undefined) forGit.push(...(await ignoreInGit(root, paths)));
    await saveIndex(options.project.paths, edits);
    return { items, forGit };
  });
}

async function storeAll(
  options: AddOptions,
  paths: readonly RepoPath[],
): Promise<{ contents: Map<RepoPath, Content>; edits: IndexEdit[] }> {
  const store = await options.project.store();
  const index = loadIndex(options.project.paths);
  const contents = new Map<RepoPath, Content>();
  const edits: IndexEdit[] = [];
  const onBytes = progress(options, 'add');
  await using session = await store.begin();
  for (const path of paths) {
    const found = await identify(options, path, { index, session, onBytes });
    if (found === undefined) {
      throw new MloError('not-found', 'MLO_NO_SUCH_PATH', `${path} does not exist`, { details: { path } });
    }
    contents.set(path, found.content);
    if (found.edit) edits.push(found.edit);
  }
  await session.commit();
  return { contents, edits };
}

async function writePointer(root: AbsolutePath, path: RepoPath, content: Content): Promise<AddedItem> {
  const pointerPath = pointerPathOf(path);
  const file = joinPath(root, pointerPath);
  const before = exists(file) ? readPointer(root, pointerPath) : undefined;
  const same = before?.id === content.id && before.kind === content.kind;
  if (!same) await writeFileAtomic(file, encodePointer({ ...content, path: posix.basename(path) }));
  return {
    path,
    ...content,
    pointerPath,
    change: same ? 'unchanged' : before ? 'modified' : 'new',
  };
}
