import type { RepoPath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import { parseProjectFile, type ProjectFile } from '#formats/mlo-yaml.ts';
import type { TemplateValues } from '#formats/mlo-yaml-template.ts';
import { parseParams } from '#formats/params.ts';
import { yamlError } from '#formats/yaml.ts';
import type { Project } from '#stores/project.ts';
import { resolveStage } from './resolve-stage.ts';
import { inOrder, stageGraph } from './stage-graph.ts';
import type { Pipeline, Stage } from './types.ts';

const PARAMS_FILE = 'params.yaml' as RepoPath;

/**
 * Reads mlo.yaml and the params files it uses. A project without mlo.yaml has a pipeline without stages.
 * `replaced` holds texts of params files that are to count instead of those on the disk.
 */
export async function loadPipeline(options: {
  readonly project: Project;
  readonly replaced?: ReadonlyMap<RepoPath, string>;
}): Promise<Pipeline> {
  const { root, pipelineFile } = options.project.paths;
  const file = parseProjectFile((await readTextIfThere(pipelineFile)) ?? '', 'mlo.yaml');
  const read = async (path: RepoPath): Promise<unknown> => {
    const text = options.replaced?.get(path) ?? (await readTextIfThere(joinPath(root, path)));
    return text === undefined ? undefined : parseParams(text, path);
  };
  const definitions = Object.values(file.stages);
  const main = definitions.length === 0 ? undefined : await read(PARAMS_FILE);
  const values = templateValues(main, file);
  const stages = definitions.map((definition) => resolveStage(definition, file, values));
  const graph = stageGraph(stages, file);
  const params = new Map<RepoPath, unknown>();
  if (main !== undefined) params.set(PARAMS_FILE, main);
  for (const path of new Set(stages.flatMap((stage) => stage.params.map((param) => param.file)))) {
    if (params.has(path)) continue;
    const content = await read(path);
    if (content !== undefined) params.set(path, content);
  }
  for (const stage of stages) refuseMissingParamsFile(stage, file, params);
  return { file, stages: inOrder(stages, graph), graph, params };
}

function templateValues(params: unknown, file: ProjectFile): TemplateValues {
  const values: Record<string, unknown> = { ...(params as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(file.vars)) {
    if (Object.hasOwn(values, key))
      throw yamlError(file.where(['vars']), `vars: "${key}" is in params.yaml too; one of them must go`);
    values[key] = value;
  }
  return values;
}

/** A params file that a stage makes cannot be read yet: it is a dependency then, and mlo says so. */
function refuseMissingParamsFile(
  stage: Stage,
  file: ProjectFile,
  params: ReadonlyMap<RepoPath, unknown>,
): void {
  stage.params.forEach((param, index) => {
    if (params.has(param.file)) return;
    const where = file.where(file.stages[stage.name]?.params[index]?.at ?? []);
    throw yamlError(
      where,
      `stage "${stage.name}": the params file "${param.file}" does not exist`,
      'paths of a stage start at its wdir; a file made by another stage belongs under "deps"',
    );
  });
}
