import type { RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { identify } from './identify.ts';
import { loadIndex, saveIndex } from './index-cache.ts';
import { checkNoLink, checkRealParents } from './real-parents.ts';
import type { DataContext, TrackedItem } from './types.ts';
import { withWorkspace } from './workspace.ts';

/** Puts a file or folder of the workspace into the store and records it in the stat index. */
export async function storePath(context: DataContext & { readonly path: RepoPath }): Promise<TrackedItem> {
  return await withWorkspace(context, 'mlo', async () => {
    const { project, path } = context;
    checkRealParents(project.paths.root, path);
    checkNoLink(project.paths.root, path);
    const store = await project.store();
    await using session = await store.begin();
    const found = await identify(context, path, {
      index: loadIndex(project.paths),
      session,
      onBytes: progress(context, path),
    });
    if (found === undefined) {
      throw new MloError('not-found', 'MLO_NO_SUCH_PATH', `${path} does not exist`, { details: { path } });
    }
    await session.commit();
    if (found.edit) await saveIndex(project.paths, [found.edit]);
    return { path, ...found.content };
  });
}

/** Counts bytes of one task into progress events. */
export function progress(context: DataContext, task: string, total?: number): (count: number) => void {
  let done = 0;
  return (count) => {
    done += count;
    context.report?.({
      type: 'progress',
      task,
      unit: 'bytes',
      done,
      ...(total === undefined ? {} : { total }),
    });
  };
}
