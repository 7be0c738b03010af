import { posix } from 'node:path';
import { contentIdOf } from '#foundation/hash.ts';
import { canonicalJson } from '#foundation/canonical-json.ts';
import type { ProjectFile, StageDefinition } from '#formats/mlo-yaml.ts';
import { fillTemplate, type TemplateValues } from '#formats/mlo-yaml-template.ts';
import { projectPath } from '#formats/written-path.ts';
import { yamlError, type YamlPath } from '#formats/yaml.ts';
import type { ParamUse, Stage, StageOut } from './types.ts';

/** Files a stage must not write: mlo and Git own them. */
const OWN_FILES = new Set(['mlo.yaml', 'mlo.lock', '.gitignore']);

/** Fills `${…}` in, turns paths into paths from the project root and hashes the result. */
export function resolveStage(definition: StageDefinition, file: ProjectFile, values: TemplateValues): Stage {
  const owner = `stage "${definition.name}"`;
  const { at } = definition;
  const fill = (text: string, path: YamlPath): string =>
    fillTemplate(text, values, { where: () => file.where(path), owner });
  const wdir =
    definition.wdir === undefined ? '' : readWdir(fill(definition.wdir, [...at, 'wdir']), file, at);
  const toPath = (written: string, path: YamlPath): ReturnType<typeof projectPath> =>
    projectPath(fill(written, path), wdir, () => file.where(path));
  const stage = {
    name: definition.name,
    cmd: definition.cmd.map((line, index) =>
      fill(line, definition.cmd.length === 1 ? [...at, 'cmd'] : [...at, 'cmd', index]),
    ),
    wdir,
    deps: definition.deps.map((dep) => toPath(dep.path, dep.at)),
    params: definition.params.map((param): ParamUse => ({
      file: toPath(param.file ?? 'params.yaml', param.at),
      key: param.key,
    })),
    outs: definition.outs.map((out): StageOut => {
      const path = toPath(out.path, out.at);
      if (OWN_FILES.has(posix.basename(path)) || path.endsWith('.mlo'))
        throw yamlError(file.where(out.at), `${owner}: "${path}" cannot be an output`);
      return { path, role: out.role, cache: out.cache, persist: out.persist, plot: out.plot };
    }),
    env: Object.fromEntries(
      Object.entries(definition.env).map(([key, value]) => [key, fill(value, [...at, 'env', key])]),
    ),
    frozen: definition.frozen,
    alwaysChanged: definition.alwaysChanged,
    desc: definition.desc,
  };
  return { ...stage, definition: contentIdOf(canonicalJson(whatItDoes(stage))) };
}

/** What decides the result of a stage besides the content of its inputs. */
function whatItDoes(stage: Omit<Stage, 'definition'>): unknown {
  return {
    cmd: stage.cmd,
    wdir: stage.wdir,
    env: stage.env,
    deps: stage.deps.toSorted(),
    params: stage.params.map(({ file, key }) => [file, key ?? null]).toSorted(),
    outs: stage.outs
      .map(({ path, cache, persist }) => ({ path, cache, persist }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function readWdir(written: string, file: ProjectFile, at: YamlPath): string {
  const normal = posix.normalize(written).replace(/\/+$/, '');
  return normal === '.' || normal === '' ? '' : projectPath(normal, '', () => file.where([...at, 'wdir']));
}
