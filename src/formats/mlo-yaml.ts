import { PROJECT_FILE_SHAPE } from './mlo-yaml-shape.ts';
import { readModels } from './mlo-yaml-models.ts';
import { readStages } from './mlo-yaml-stages.ts';
import type { ProjectFile } from './mlo-yaml-types.ts';
import { checkShape, isMap } from './shape.ts';
import { parseYaml, yamlError, type YamlFile } from './yaml.ts';

export type * from './mlo-yaml-types.ts';

/**
 * Reads mlo.yaml. Everything wrong in it (syntax, unknown keys, wrong types, unsafe paths) is one config error
 * with file, line and column. An empty file is a project without stages.
 */
export function parseProjectFile(text: string, name: string): ProjectFile {
  const file = parseYaml(text, name);
  const top = file.value ?? {};
  checkShape(PROJECT_FILE_SHAPE, top, { file, path: [], owner: '' });
  const sections = isMap(top) ? top : {};
  return {
    name,
    stages: readStages(sections.stages, file),
    models: readModels(sections.models, file),
    vars: readVars(sections.vars, file),
    environments: isMap(sections.environments) ? sections.environments : {},
    where: (path) => file.where(path),
    whereKey: (path) => file.whereKey(path),
  };
}

function readVars(value: unknown, file: YamlFile): Record<string, unknown> {
  const parts = Array.isArray(value) ? value.filter(isMap) : isMap(value) ? [value] : [];
  const vars: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [key, item] of Object.entries(part)) {
      if (Object.hasOwn(vars, key)) throw yamlError(file.where(['vars']), `vars: "${key}" is given twice`);
      vars[key] = item;
    }
  }
  return vars;
}
