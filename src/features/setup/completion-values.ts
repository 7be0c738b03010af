import { existsSync, readFileSync } from 'node:fs';
import { parseProjectFile, type ProjectFile } from '#formats/mlo-yaml.ts';
import type { Project } from '#stores/project.ts';

export type ValueKind = 'model' | 'model-ref' | 'run' | 'stage' | 'remote' | 'metric' | 'environment';

/** The newest are what one completes; a list of thousands helps nobody. */
const RUNS = 50;
const VERSIONS = 20;

/**
 * Names of the project for shell completion. Empty when there is no project or it cannot be read: pressing
 * Tab must not print errors.
 */
export async function completionValues(options: {
  readonly openProject: () => Project;
  readonly kind: ValueKind;
}): Promise<readonly string[]> {
  try {
    return await valuesOf(options.openProject(), options.kind);
  } catch {
    return [];
  }
}

async function valuesOf(project: Project, kind: ValueKind): Promise<readonly string[]> {
  switch (kind) {
    case 'remote':
      return [...project.config.remotes.keys()];
    case 'stage':
      return Object.keys(projectFile(project).stages);
    case 'environment':
      // Names only: a mistake inside an environment is no reason not to offer it.
      return Object.keys(projectFile(project).environments);
    case 'model':
    case 'model-ref':
    case 'run':
    case 'metric':
      return existsSync(project.paths.databaseFile) ? recordedNames(project, kind) : [];
  }
}

function projectFile(project: Project): ProjectFile {
  return parseProjectFile(readFileSync(project.paths.pipelineFile, 'utf8'), 'mlo.yaml');
}

type RecordedKind = Extract<ValueKind, 'model' | 'model-ref' | 'run' | 'metric'>;

async function recordedNames(project: Project, kind: RecordedKind): Promise<readonly string[]> {
  switch (kind) {
    case 'model':
      return (await (await project.registry()).listModels()).map((model) => model.name);
    case 'model-ref':
      return modelRefs(project);
    case 'run':
      return ['@last', ...(await (await project.tracking()).recentRuns(RUNS)).map((run) => run.name)];
    case 'metric': {
      const runs = await (await project.tracking()).listRuns({ limit: RUNS });
      return [...new Set(runs.flatMap((run) => run.metrics.map((metric) => metric.key)))].toSorted();
    }
  }
}

/** Of each model its name, its aliases and its newest versions: `late`, `late@prod`, `late/3`, `late/2`. */
async function modelRefs(project: Project): Promise<readonly string[]> {
  const registry = await project.registry();
  const refs: string[] = [];
  for (const { name } of await registry.listModels()) {
    const versions = (await registry.listVersions(name)).slice(-VERSIONS).toReversed();
    refs.push(
      name,
      ...(await registry.listAliases(name)).map(({ alias }) => `${name}@${alias}`),
      ...versions.map(({ version }) => `${name}/${version}`),
    );
  }
  return refs;
}
