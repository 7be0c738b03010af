import { posix } from 'node:path';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import { ignoreLine } from '#formats/ignore-rules.ts';

/** Adds paths to the .gitignore files of their folders, each once. Returns the files that changed. */
export async function ignoreInGit(root: AbsolutePath, paths: readonly RepoPath[]): Promise<RepoPath[]> {
  const byFolder = new Map<string, string[]>();
  for (const path of paths) {
    const folder = posix.dirname(path);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), ignoreLine(posix.basename(path))]);
  }
  const changed: RepoPath[] = [];
  for (const [folder, lines] of byFolder) {
    const name = posix.join(folder, '.gitignore') as RepoPath;
    const file = joinPath(root, name);
    const text = (await readTextIfThere(file)) ?? '';
    const present = new Set(text.split(/\r?\n/));
    const missing = lines.filter((line) => !present.has(line));
    if (missing.length === 0) continue;
    const separator = text === '' || text.endsWith('\n') ? '' : '\n';
    await writeFileAtomic(file, `${text}${separator}${missing.join('\n')}\n`);
    changed.push(name);
  }
  return changed;
}
