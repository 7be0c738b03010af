import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectFileJsonSchema } from '#formats/mlo-yaml-json-schema.ts';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import { parseYaml } from '#formats/yaml.ts';

/** zod reads JSON Schema too: an implementation of its own to hold ours against. */
const schema = z.fromJSONSchema(projectFileJsonSchema());

function bothSay(text: string): { schema: boolean; parser: boolean } {
  let parser = true;
  try {
    parseProjectFile(text, 'mlo.yaml');
  } catch {
    parser = false;
  }
  return { schema: schema.safeParse(parseYaml(text, 'mlo.yaml').value).success, parser };
}

describe('the schema and the parser agree', () => {
  test.each([
    'stages:\n  a: {cmd: x}\n',
    'stages:\n  a: {cmd: [x, y], deps: [a], params: [k, {f.yaml: [a]}, {g.yaml: }], outs: [o, {p: {cache: false}}]}\n',
    'stages:\n  a: {cmd: x, plots: [{roc.csv: {x: fpr, y: [tpr]}}], env: {A: 1, B: text}, meta: {any: [1]}}\n',
    'models:\n  late: {path: m.onnx, gates: {prod: [{metric: auc, min: 0.6}]}}\n',
    'vars: {a: 1}\nenvironments:\n  prod: {target: kubernetes}\nconfig: {core: {jobs: 1}}\n',
  ])('to accept %j', (text) => {
    expect(bothSay(text)).toEqual({ schema: true, parser: true });
  });

  test.each([
    'stages:\n  a: {deps: [x]}\n',
    'stages:\n  a: {cmd: x, dep: [x]}\n',
    'stages:\n  a: {cmd: x, deps: x}\n',
    'stages:\n  a: {cmd: x, outs: [{o: {cach: false}}]}\n',
    'stages:\n  a: {cmd: x, params: [{f.yaml: a.b}]}\n',
    'stages:\n  a: {cmd: x, matrix: {k: [1]}}\n',
    'models:\n  late: {}\n',
    'models:\n  late: {path: m, gates: {prod: [{metric: auc, versus: best}]}}\n',
    'stage: {}\n',
  ])('to refuse %j', (text) => {
    expect(bothSay(text)).toEqual({ schema: false, parser: false });
  });
});
