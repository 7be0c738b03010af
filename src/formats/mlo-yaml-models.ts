import type { RepoPath } from '#foundation/brands.ts';
import type { Gate, ModelDefinition } from './mlo-yaml-types.ts';
import { isMap } from './shape.ts';
import { projectPath } from './written-path.ts';
import { yamlError, type YamlFile } from './yaml.ts';

const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The `models:` section, its shape already checked. */
export function readModels(value: unknown, file: YamlFile): Record<string, ModelDefinition> {
  const models: Record<string, ModelDefinition> = {};
  for (const [name, raw] of Object.entries(isMap(value) ? value : {})) {
    const at = ['models', name];
    if (!MODEL_NAME.test(name)) {
      throw yamlError(
        file.whereKey(at),
        `model "${name}": a name starts with a letter or digit and holds letters, digits, ".", "_", "-"`,
      );
    }
    const fields = isMap(raw) ? raw : {};
    const optional = (key: string): RepoPath | undefined => {
      const written = fields[key];
      return typeof written === 'string'
        ? projectPath(written, '', () => file.where([...at, key]))
        : undefined;
    };
    models[name] = {
      name,
      path: projectPath(String(fields.path), '', () => file.where([...at, 'path'])),
      signature: optional('signature'),
      example: optional('example'),
      reference: optional('reference'),
      gates: readGates(fields.gates, file, name),
    };
  }
  return models;
}

function readGates(value: unknown, file: YamlFile, model: string): Record<string, readonly Gate[]> {
  const gates: Record<string, readonly Gate[]> = {};
  for (const [alias, list] of Object.entries(isMap(value) ? value : {})) {
    gates[alias] = (Array.isArray(list) ? list : []).map((gate: unknown, index) =>
      readGate(isMap(gate) ? gate : {}, file.where(['models', model, 'gates', alias, index]), model),
    );
  }
  return gates;
}

/** Types of the fields were checked by the shape; here only which go together. */
function readGate(gate: Record<string, unknown>, where: string, model: string): Gate {
  const number = (key: string): number | undefined => gate[key] as number | undefined;
  const metric = String(gate.metric);
  const wrong = (problem: string): Error =>
    yamlError(where, `model "${model}": gate on "${metric}": ${problem}`);
  if (gate.versus === undefined) {
    if (gate.margin !== undefined || gate.direction !== undefined)
      throw wrong('"margin" and "direction" belong to "versus: champion"');
    const min = number('min');
    const max = number('max');
    if (min === undefined && max === undefined) throw wrong('expected "min", "max" or "versus: champion"');
    if (min !== undefined && max !== undefined && min > max) throw wrong('"min" is larger than "max"');
    return { versus: undefined, metric, min, max };
  }
  if (gate.min !== undefined || gate.max !== undefined)
    throw wrong('"min" and "max" do not go with "versus"; write two gates');
  const direction = gate.direction === 'lower' ? 'lower' : 'higher';
  return { versus: 'champion', metric, margin: number('margin') ?? 0, direction };
}
