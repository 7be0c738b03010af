import { stat } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import { findGitRoot, locateProject } from '#foundation/project-location.ts';
import { installDependencies } from './install-dependencies.ts';
import { planTemplate, type PlannedFile } from './plan-template.ts';
import { CONFIG_TEXT, MLO_GITIGNORE_TEXT } from './project-files.ts';
import type { InitResult, TemplateName } from './types.ts';
import { writePlanned } from './write-planned.ts';

export interface InitOptions {
  /** Folder that becomes the project's root; made when missing. */
  readonly dir: AbsolutePath;
  readonly template: TemplateName | undefined;
  /** Folder of the installed mlo: holds templates/. */
  readonly packageDir: AbsolutePath;
  /** Run `npm install` when the template has a package.json. */
  readonly install: boolean;
  /** Replace files that differ from the template's. */
  readonly force: boolean;
  /** Environment of `npm install`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Makes a project of `dir`. Running it again is harmless: what is there stays, what is missing is added.
 * Throws `failed` MLO_NOT_A_GIT_REPO outside Git and `conflict` MLO_FILES_EXIST, naming every file of the
 * user that a template would replace, before anything is written.
 */
export async function initProject(options: InitOptions): Promise<InitResult> {
  requireGit(options.dir);
  await requireFolder(options.dir);
  const state = (await exists(joinPath(options.dir, '.mlo', 'config.yaml'))) ? 'already' : 'created';
  if (state === 'created') warnWhenNested(options);
  const planned: PlannedFile[] =
    options.template === undefined ? [] : await planTemplate({ ...options, template: options.template });
  throwIfAborted(options.signal);
  const files = await writePlanned(options.dir, [...planned, ...projectFiles(state)]);
  const hasPackage = options.template !== undefined && (await exists(joinPath(options.dir, 'package.json')));
  return {
    root: options.dir,
    state,
    template: options.template ?? null,
    files,
    install: hasPackage ? await installDependencies(options) : 'not-needed',
    next: nextCommands(options, hasPackage),
  };
}

/** config.yaml comes last: a folder is a project from the moment it exists. */
function projectFiles(state: 'created' | 'already'): PlannedFile[] {
  if (state === 'already') return [];
  return [
    { path: '.mlo/.gitignore', content: MLO_GITIGNORE_TEXT },
    { path: '.mlo/config.yaml', content: CONFIG_TEXT },
  ];
}

function requireGit(dir: AbsolutePath): void {
  if (findGitRoot(dir) !== undefined) return;
  throw new MloError('failed', 'MLO_NOT_A_GIT_REPO', `${dir} is not inside a Git repository`, {
    hint: `git init ${dir}`,
  });
}

async function requireFolder(dir: AbsolutePath): Promise<void> {
  const found = await stat(dir).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fromSystemError(error, dir);
  });
  if (found === undefined || found.isDirectory()) return;
  throw new MloError('failed', 'MLO_NOT_A_FOLDER', `${dir} is not a folder`);
}

function warnWhenNested(options: InitOptions): void {
  let outer: AbsolutePath;
  try {
    outer = locateProject(options.dir).root;
  } catch {
    return;
  }
  options.report({
    type: 'warning',
    code: 'MLO_NESTED_PROJECT',
    message: `this project lies inside the project ${outer}; commands run below ${options.dir} use the inner one`,
  });
}

async function exists(path: AbsolutePath): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw fromSystemError(error, path);
  }
}

/** The commit comes before the first run, so that the run can name it. */
function nextCommands(options: InitOptions, hasPackage: boolean): string[] {
  const commit = 'git add --all && git commit --message "mlo project"';
  if (options.template === undefined)
    return ['mlo add <file or folder>', 'mlo remote add origin <url>', commit];
  const install = hasPackage && !options.install ? ['npm install'] : [];
  if (options.template === 'flights') {
    return [...install, 'npm run months', 'mlo add data/flights-2001-*.parquet', commit, 'mlo repro'];
  }
  return ['pip install -r requirements.txt', commit, 'mlo repro'];
}
