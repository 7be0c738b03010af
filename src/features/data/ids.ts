import { throwIfAborted } from '#foundation/abort.ts';
import type { RepoPath } from '#foundation/brands.ts';
import { identify } from './identify.ts';
import { loadIndex, saveIndexIfFree, type IndexEdit } from './index-cache.ts';
import type { Content, DataContext } from './types.ts';

/** Content id of a file or folder; undefined when nothing is there. A link at the path is followed. */
export async function idOf(context: DataContext & { readonly path: RepoPath }): Promise<Content | undefined> {
  const [content] = await idsOf({ ...context, paths: [context.path] });
  return content;
}

/** Like `idOf` for many paths: the index is read and written once. */
export async function idsOf(
  context: DataContext & { readonly paths: readonly RepoPath[] },
): Promise<(Content | undefined)[]> {
  const edits: IndexEdit[] = [];
  const index = loadIndex(context.project.paths);
  const found: (Content | undefined)[] = [];
  for (const path of context.paths) {
    throwIfAborted(context.signal);
    const identified = await identify(context, path, { index, followLink: true });
    if (identified?.edit) edits.push(identified.edit);
    found.push(identified?.content);
  }
  await saveIndexIfFree(context, edits);
  return found;
}
