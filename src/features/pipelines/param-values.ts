import type { RepoPath } from '#foundation/brands.ts';
import type { ProjectFile } from '#formats/mlo-yaml.ts';
import { flattenParams, getParam } from '#formats/params.ts';
import { didYouMean } from '#formats/shape.ts';
import { yamlError } from '#formats/yaml.ts';
import type { Pipeline, Stage } from './types.ts';

export type ParamValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The parameters a stage uses, by file and key, in order. Throws a config error naming a key that is missing. */
export function paramValues(stage: Stage, pipeline: Pick<Pipeline, 'file' | 'params'>): ParamValues {
  const values = new Map<string, Map<string, unknown>>();
  stage.params.forEach(({ file, key }, index) => {
    const root = pipeline.params.get(file);
    const found = values.get(file) ?? new Map<string, unknown>();
    values.set(file, found);
    if (key === undefined) {
      for (const [leaf, value] of Object.entries(flattenParams(root))) found.set(leaf, value);
      return;
    }
    const param = getParam(root, key);
    if (!param.found) throw missingKey({ stage, file, key, index, projectFile: pipeline.file, root });
    found.set(key, param.value);
  });
  return Object.fromEntries([...values].toSorted(byKey).map(([file, keys]) => [file, sorted(keys)]));
}

/** Leaf values under names for people: `train.trees`, `other.yaml:depth`. */
export function paramLeaves(values: ParamValues): Record<string, unknown> {
  const leaves: Record<string, unknown> = {};
  for (const [file, keys] of Object.entries(values)) {
    const prefix = file === 'params.yaml' ? '' : `${file}:`;
    for (const [key, value] of Object.entries(keys)) {
      for (const [leaf, item] of Object.entries(flattenParams({ [key]: value })))
        leaves[prefix + leaf] = item;
    }
  }
  return leaves;
}

function sorted(keys: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries([...keys].toSorted(byKey));
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function missingKey(at: {
  stage: Stage;
  file: RepoPath;
  key: string;
  index: number;
  projectFile: ProjectFile;
  root: unknown;
}): Error {
  const { stage, file, key, root } = at;
  const near = didYouMean(key, Object.keys(flattenParams(root)));
  const where = at.projectFile.where(at.projectFile.stages[stage.name]?.params[at.index]?.at ?? []);
  const guess = near === undefined ? '' : `; did you mean "${near}"?`;
  return yamlError(where, `stage "${stage.name}": ${file} has no parameter "${key}"${guess}`);
}
