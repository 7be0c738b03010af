import { readdir, readFile } from 'node:fs/promises';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import type { TemplateName } from './types.ts';

/** A file to write, path relative to the project root. */
export interface PlannedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * The template's files that `dir` lacks. A `.gitignore` that is already there gets the template's lines at
 * its end. Throws `conflict` with the list of other files whose content differs, unless `force`.
 */
export async function planTemplate(options: {
  readonly dir: AbsolutePath;
  readonly packageDir: AbsolutePath;
  readonly template: TemplateName;
  readonly force: boolean;
}): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  const conflicts: string[] = [];
  for (const file of await templateFiles(options.packageDir, options.template)) {
    const present = await readTextIfThere(joinPath(options.dir, file.path));
    if (present === file.content) continue;
    if (present === undefined) planned.push(file);
    else if (file.path === '.gitignore') planned.push(...mergeIgnores(file, present));
    else if (options.force) planned.push(file);
    else conflicts.push(file.path);
  }
  if (conflicts.length === 0) return planned;
  throw new MloError(
    'conflict',
    'MLO_FILES_EXIST',
    `the template ${options.template} would replace ${conflicts.join(', ')} in ${options.dir}`,
    { hint: `mlo init --template ${options.template} --force`, details: { files: conflicts } },
  );
}

async function templateFiles(packageDir: AbsolutePath, template: TemplateName): Promise<PlannedFile[]> {
  const root = joinPath(packageDir, 'templates', template);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new MloError('failed', 'MLO_TEMPLATE_MISSING', `the template folder ${root} is missing`, {
      hint: 'install mlo again',
      cause: error,
    });
  });
  // Below the template only: mlo itself is usually installed in a node_modules folder.
  const inside = (parent: string): string => parent.slice(root.length);
  const files = entries.filter(
    (entry) => entry.isFile() && !inside(entry.parentPath).includes('node_modules'),
  );
  const planned = await Promise.all(
    files.map(async (entry) => {
      const from = joinPath(entry.parentPath as AbsolutePath, entry.name);
      return { path: targetName(from.slice(root.length + 1)), content: await readFile(from, 'utf8') };
    }),
  );
  return planned.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** npm leaves `.gitignore` files out of packages, so templates carry them without the dot. */
function targetName(path: string): string {
  return path.replaceAll('\\', '/').replace(/(^|\/)gitignore$/, '$1.gitignore');
}

function mergeIgnores(file: PlannedFile, present: string): PlannedFile[] {
  const known = new Set(present.split(/\r?\n/));
  const missing = file.content.split('\n').filter((line) => line !== '' && !known.has(line));
  if (missing.length === 0) return [];
  const gap = present === '' || present.endsWith('\n') ? '' : '\n';
  return [{ path: file.path, content: `${present}${gap}${missing.join('\n')}\n` }];
}
