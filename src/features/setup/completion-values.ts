import { existsSync, readFileSync } from 'node:fs';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import type { Project } from '#stores/project.ts';

export type ValueKind = 'model' | 'run' | 'stage' | 'remote' | 'metric';

/** Newest runs are what one completes; a list of thousands helps nobody. */
const RUNS = 50;

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
      return Object.keys(
        parseProjectFile(readFileSync(project.paths.pipelineFile, 'utf8'), 'mlo.yaml').stages,
      );
    case 'model':
    case 'run':
    case 'metric':
      return existsSync(project.paths.databaseFile) ? recordedNames(project, kind) : [];
  }
}

async function recordedNames(project: Project, kind: 'model' | 'run' | 'metric'): Promise<readonly string[]> {
  switch (kind) {
    case 'model':
      return modelNames(project);
    case 'run':
      return ['@last', ...(await (await project.tracking()).recentRuns(RUNS)).map((run) => run.name)];
    case 'metric': {
      const runs = await (await project.tracking()).listRuns({ limit: RUNS });
      return [...new Set(runs.flatMap((run) => run.metrics.map((metric) => metric.key)))].toSorted();
    }
  }
}

/** Names, then `name@alias`. */
async function modelNames(project: Project): Promise<readonly string[]> {
  const registry = await project.registry();
  const names = (await registry.listModels()).map((model) => model.name);
  const aliases = await Promise.all(names.map((name) => registry.listAliases(name)));
  return [...names, ...aliases.flat().map(({ name, alias }) => `${name}@${alias}`)].toSorted();
}
