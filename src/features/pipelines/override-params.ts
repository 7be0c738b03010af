import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { checkedRepoPath, joinPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import { changeParams, parseParamChange, type ParamChange } from '#formats/params-edit.ts';
import type { Project } from '#stores/project.ts';

/** New texts of the params files that `key=value` words change, comments kept; nothing is written yet. */
export async function overriddenParams(
  project: Project,
  words: readonly string[],
): Promise<ReadonlyMap<RepoPath, string>> {
  const byFile = new Map<RepoPath, ParamChange[]>();
  for (const word of words) {
    const { file, key, value } = parseParamChange(word);
    const path = checkedRepoPath(file ?? 'params.yaml', `--param ${word}`);
    byFile.set(path, [...(byFile.get(path) ?? []), { key, value }]);
  }
  const texts = new Map<RepoPath, string>();
  for (const [path, changes] of byFile) {
    const text = await readTextIfThere(joinPath(project.paths.root, path));
    if (text === undefined) {
      throw new MloError('not-found', 'MLO_NO_PARAMS_FILE', `there is no params file ${path}`, {
        hint: `create ${path} with the parameters of your stages`,
      });
    }
    texts.set(path, changeParams(text, path, changes));
  }
  return texts;
}

export async function writeParams(project: Project, texts: ReadonlyMap<RepoPath, string>): Promise<void> {
  for (const [path, text] of texts) {
    const file = joinPath(project.paths.root, path);
    if ((await readTextIfThere(file)) !== text) await writeFileAtomic(file, text);
  }
}
