import { existsSync, readFileSync } from 'node:fs';
import type { AbsolutePath } from '#foundation/brands.ts';
import { isMloError, messageOf } from '#foundation/errors.ts';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import { readStatIndex } from '#stores/cas/stat-index.ts';
import { checkStoreFormat } from '#stores/cas/store-format.ts';
import type { Project } from '#stores/project.ts';
import type { DoctorCheck } from './types.ts';

/** Everything of the project that can be read without changing it. Outside a project: one line saying so. */
export async function checkProject(options: {
  readonly cwd: AbsolutePath;
  readonly openProject: () => Project;
}): Promise<DoctorCheck[]> {
  let project: Project;
  try {
    project = options.openProject();
  } catch (error) {
    if (isMloError(error) && error.kind === 'not-a-project') {
      return [{ name: 'project', status: 'ok', message: `${options.cwd} is in no project`, hint: null }];
    }
    return [failed('project', error)];
  }
  const { paths } = project;
  return [
    { name: 'project', status: 'ok', message: paths.root, hint: null },
    await attempt('mlo.yaml', () => checkPipelineFile(paths.pipelineFile)),
    await attempt('store', () => (checkStoreFormat(paths.storeDir) ? paths.storeDir : 'nothing stored yet')),
    await attempt('index', () => `${readStatIndex(paths.indexFile).rows.length} entries`),
    await attempt('database', () => checkDatabase(project)),
  ];
}

function checkPipelineFile(path: AbsolutePath): string {
  if (!existsSync(path)) return 'no pipeline yet';
  const file = parseProjectFile(readFileSync(path, 'utf8'), 'mlo.yaml');
  return `${Object.keys(file.stages).length} stages, ${Object.keys(file.models).length} models`;
}

async function checkDatabase(project: Project): Promise<string> {
  if (!existsSync(project.paths.databaseFile)) return 'nothing recorded yet';
  await project.tracking();
  return project.paths.databaseFile;
}

async function attempt(name: string, look: () => string | Promise<string>): Promise<DoctorCheck> {
  try {
    return { name, status: 'ok', message: await look(), hint: null };
  } catch (error) {
    return failed(name, error);
  }
}

function failed(name: string, error: unknown): DoctorCheck {
  const hint = isMloError(error) ? (error.hint ?? null) : null;
  return { name, status: 'fail', message: messageOf(error), hint };
}
