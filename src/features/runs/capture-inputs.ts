import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { isMloError, MloError } from '#foundation/errors.ts';
import { absolutePath, repoPath } from '#foundation/paths.ts';
import { idsOf, readPointers } from '#features/data/index.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import type { RunsContext } from './types.ts';

/**
 * What the command reads, with the content it has now: the declared paths, and versioned data the command line
 * names. Throws `not-found` for a declared path that does not exist.
 */
export async function captureInputs(
  options: RunsContext & {
    readonly cwd: AbsolutePath;
    readonly words: readonly string[];
    readonly declared: readonly AbsolutePath[];
  },
): Promise<readonly RunFile[]> {
  const { root } = options.project.paths;
  const declared = options.declared.map((path) => repoPath(root, path));
  const named = await namedData(options);
  const files = await identify(options, [...new Set([...declared, ...named])]);
  const missing = declared.find((path) => !files.some((file) => file.path === path));
  if (missing !== undefined) {
    throw new MloError('not-found', 'MLO_NO_SUCH_PATH', `the input ${missing} does not exist`, {
      hint: ['mlo checkout ', { path: missing }],
      details: { path: missing },
    });
  }
  await warnUnversioned(
    options,
    files.filter((file) => declared.includes(file.path as RepoPath)),
  );
  return files;
}

/** Inputs whose content is another one by now: the record would not be true for them. */
export async function changedInputs(
  context: RunsContext,
  inputs: readonly RunFile[],
): Promise<readonly string[]> {
  if (inputs.length === 0) return [];
  const now = await identify(
    context,
    inputs.map((file) => file.path as RepoPath),
  );
  return inputs
    .filter((file) => now.find((each) => each.path === file.path)?.id !== file.id)
    .map((file) => file.path);
}

async function identify(context: RunsContext, paths: readonly RepoPath[]): Promise<readonly RunFile[]> {
  if (paths.length === 0) return [];
  const contents = await idsOf({ ...context, paths });
  return paths.flatMap((path, i) => {
    const content = contents[i];
    if (content === undefined) return [];
    return [{ role: 'input', path, kind: content.kind, id: content.id, size: content.size } as const];
  });
}

/** Words, and values of `--data=path`, that are the path of a pointer or lie below one. */
async function namedData(
  options: RunsContext & { readonly cwd: AbsolutePath; readonly words: readonly string[] },
): Promise<readonly RepoPath[]> {
  const tracked = (await readPointers(options)).map((pointer) => pointer.path);
  if (tracked.length === 0) return [];
  const words = options.words.map((word) => insideProject(options, word.replace(/^[^=/]*=/, '')));
  return tracked.filter((path) =>
    words.some((word) => word === path || word?.startsWith(`${path}/`) === true),
  );
}

function insideProject(
  options: RunsContext & { readonly cwd: AbsolutePath },
  word: string,
): RepoPath | undefined {
  try {
    return repoPath(options.project.paths.root, absolutePath(options.cwd, word));
  } catch (error) {
    if (isMloError(error)) return undefined;
    throw error;
  }
}

/** An id alone brings no data back: somebody must hold the bytes. */
async function warnUnversioned(context: RunsContext, files: readonly RunFile[]): Promise<void> {
  const store = await context.project.store();
  const held = await Promise.all(files.map((file) => store.has(file.id)));
  const loose = files.filter((_, i) => held[i] === false).map((file) => file.path);
  if (loose.length === 0) return;
  const { trackedByGit } = await import('#adapters/git/git.ts');
  const inGit = new Set(await trackedByGit(context.project.paths.root, loose));
  for (const path of loose.filter((each) => !inGit.has(each))) {
    context.report?.({
      type: 'warning',
      code: 'MLO_INPUT_NOT_VERSIONED',
      message: `the input ${path} is recorded by its content id, but no version of it is kept`,
      hint: `keep it: mlo add ${path}`,
    });
  }
}
