import { readTextIfThere } from '#foundation/read-file.ts';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import type { Project } from '#stores/project.ts';

export type ModelConfig = NonNullable<ReturnType<typeof parseProjectFile>['models'][string]>;

/** The entry `models.<name>` of mlo.yaml; undefined when there is none. */
export async function modelConfig(options: {
  readonly project: Project;
  readonly name: string;
}): Promise<ModelConfig | undefined> {
  const text = await readTextIfThere(options.project.paths.pipelineFile);
  if (text === undefined) return undefined;
  const { models } = parseProjectFile(text, 'mlo.yaml');
  return Object.hasOwn(models, options.name) ? models[options.name] : undefined;
}
