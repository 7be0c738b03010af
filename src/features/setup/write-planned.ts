import type { AbsolutePath } from '#foundation/brands.ts';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import { joinPath } from '#foundation/paths.ts';
import type { PlannedFile } from './plan-template.ts';

/** Writes the files in order and returns their paths, sorted. */
export async function writePlanned(dir: AbsolutePath, files: readonly PlannedFile[]): Promise<string[]> {
  for (const file of files) await writeFileAtomic(joinPath(dir, file.path), file.content);
  return files.map((file) => file.path).toSorted();
}
