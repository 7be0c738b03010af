import { readFile } from 'node:fs/promises';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import type { Project } from '#stores/project.ts';

export type ModelConfig = NonNullable<ReturnType<typeof parseProjectFile>['models'][string]>;

/** The entry `models.<name>` of mlo.yaml; undefined when there is none. */
export async function modelConfig(options: {
  readonly project: Project;
  readonly name: string;
}): Promise<ModelConfig | undefined> {
  const path = options.project.paths.pipelineFile;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fromSystemError(error, path);
  }
  const { models } = parseProjectFile(text, 'mlo.yaml');
  return Object.hasOwn(models, options.name) ? models[options.name] : undefined;
}
