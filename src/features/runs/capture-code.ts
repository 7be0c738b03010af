import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { throwIfAborted } from '#foundation/abort.ts';
import { joinPath } from '#foundation/paths.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import { ARTIFACT, TAG } from './tags.ts';
import type { Loggable, RunsContext } from './types.ts';

export interface CapturedCode {
  readonly tags: Loggable;
  readonly files: readonly RunFile[];
}

const MAX_UNTRACKED_FILES = 200;
const MAX_UNTRACKED_BYTES = 256 * 1024;
/** What people write, in contrast to what programs leave behind. */
const WRITTEN =
  /\.(py|pyi|ipynb|r|rmd|jl|js|mjs|cjs|ts|tsx|jsx|sh|bash|sql|go|rs|c|h|cc|cpp|cu|java|scala|lua|yaml|yml|toml|cfg|ini|conf|md|mlo)$|^(mlo\.lock|Makefile|Dockerfile|Snakefile|justfile)$/i;
const SECRET_FILE =
  /^\.env|\.(pem|key|p12|pfx|keystore)$|^id_(rsa|ed25519|ecdsa)|credential|secret|\.netrc$|kubeconfig/i;

/**
 * The code as it is now: the commit, and what is not in it. A script nobody has committed yet is the normal
 * case of a first experiment, so small untracked files of code and configuration are kept as well; files that look
 * like secrets never.
 */
export async function captureCode(context: RunsContext): Promise<CapturedCode> {
  const { project } = context;
  const { gitDiff, gitState, untrackedFiles } = await import('#adapters/git/git.ts');
  const state = await gitState(project.paths.root);
  if (state === undefined) return { tags: {}, files: [] };
  const files: RunFile[] = [];
  await using session = await (await project.store()).begin();
  if (state.dirty) {
    const patch = await gitDiff(project.paths.root);
    if (patch !== '') {
      const { id, size } = await session.putBytes(Buffer.from(patch));
      files.push({ role: 'artifact', path: ARTIFACT.diff, kind: 'file', id, size });
    }
  }
  for (const path of (await untrackedFiles(project.paths.root))
    .filter(isCode)
    .slice(0, MAX_UNTRACKED_FILES)) {
    throwIfAborted(context.signal);
    const full = joinPath(project.paths.root, path);
    const stat = await lstat(full).catch(() => undefined);
    if (stat?.isFile() !== true || stat.size > MAX_UNTRACKED_BYTES) continue;
    const { id, size } = await session.putFile(full, { signal: context.signal });
    files.push({ role: 'artifact', path: `${ARTIFACT.untracked}/${path}`, kind: 'file', id, size });
  }
  await session.commit();
  return { tags: tagsOf(state), files };
}

function isCode(path: string): boolean {
  const name = basename(path);
  // Settings of mlo are no part of the experiment.
  if (/(^|\/)\.mlo\//.test(path)) return false;
  return WRITTEN.test(name) && !SECRET_FILE.test(name);
}

function tagsOf(state: {
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly remoteUrl: string | undefined;
  readonly dirty: boolean;
}): Loggable {
  return {
    [TAG.gitDirty]: state.dirty,
    ...(state.commit === undefined ? {} : { [TAG.gitCommit]: state.commit }),
    ...(state.branch === undefined ? {} : { [TAG.gitBranch]: state.branch }),
    ...(state.remoteUrl === undefined ? {} : { [TAG.gitRemote]: state.remoteUrl }),
  };
}
