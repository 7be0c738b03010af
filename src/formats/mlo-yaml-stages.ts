import type {
  DepDefinition,
  OutDefinition,
  OutRole,
  ParamDefinition,
  StageDefinition,
} from './mlo-yaml-types.ts';
import { isMap } from './shape.ts';
import { yamlError, type YamlFile, type YamlPath } from './yaml.ts';

const STAGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const OUT_KEYS = new Set(['cache', 'persist', 'desc']);
const ROLES = { outs: 'out', metrics: 'metric', plots: 'plot' } as const satisfies Record<string, OutRole>;

/** The `stages:` section, its shape already checked. */
export function readStages(value: unknown, file: YamlFile): Record<string, StageDefinition> {
  const stages: Record<string, StageDefinition> = {};
  for (const [name, raw] of Object.entries(isMap(value) ? value : {})) {
    const at = ['stages', name];
    if (!STAGE_NAME.test(name)) {
      throw yamlError(
        file.whereKey(at),
        `stage "${name}": a name starts with a letter or digit and holds letters, digits, "_", ".", "-"`,
      );
    }
    stages[name] = readStage(name, isMap(raw) ? raw : {}, file, at);
  }
  return stages;
}

function readStage(
  name: string,
  raw: Record<string, unknown>,
  file: YamlFile,
  at: YamlPath,
): StageDefinition {
  const cmd = Array.isArray(raw.cmd) ? raw.cmd.map(String) : [String(raw.cmd)];
  if (cmd.length === 0) {
    throw yamlError(
      file.where([...at, 'cmd']),
      `stage "${name}": "cmd" is an empty list; expected a command`,
    );
  }
  const env = isMap(raw.env) ? raw.env : {};
  return {
    name,
    cmd,
    deps: items(raw.deps).map((dep, index): DepDefinition => ({
      path: String(dep),
      at: [...at, 'deps', index],
    })),
    params: items(raw.params).flatMap((param, index) => readParam(param, [...at, 'params', index])),
    outs: (['outs', 'metrics', 'plots'] as const).flatMap((key) =>
      items(raw[key]).flatMap((out, index) => readOut(out, ROLES[key], [...at, key, index])),
    ),
    wdir: typeof raw.wdir === 'string' ? raw.wdir : undefined,
    frozen: raw.frozen === true,
    alwaysChanged: raw.always_changed === true,
    desc: typeof raw.desc === 'string' ? raw.desc : undefined,
    env: Object.fromEntries(Object.entries(env).map(([key, item]) => [key, String(item)])),
    at,
  };
}

/** `a.b`, `{file: [keys]}`, or `{file: }` for everything in it. */
function readParam(param: unknown, at: YamlPath): ParamDefinition[] {
  if (!isMap(param)) return [{ file: undefined, key: String(param), at }];
  return Object.entries(param).flatMap(([file, keys]): ParamDefinition[] => {
    if (!Array.isArray(keys) || keys.length === 0) return [{ file, key: undefined, at: [...at, file] }];
    return keys.map((key, index) => ({ file, key: String(key), at: [...at, file, index] }));
  });
}

function readOut(out: unknown, role: OutRole, at: YamlPath): OutDefinition[] {
  if (!isMap(out)) {
    return [{ path: String(out), role, cache: true, persist: false, plot: undefined, at }];
  }
  return Object.entries(out).map(([path, value]): OutDefinition => {
    const options = isMap(value) ? value : {};
    const plot = Object.fromEntries(Object.entries(options).filter(([key]) => !OUT_KEYS.has(key)));
    return {
      path,
      role,
      cache: options.cache !== false,
      persist: options.persist === true,
      plot: role === 'plot' ? plot : undefined,
      at: [...at, path],
    };
  });
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
