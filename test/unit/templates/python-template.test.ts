import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseProjectFile } from '#formats/mlo-yaml.ts';
import { flattenParams, parseParams } from '#formats/params.ts';

const TEMPLATE = fileURLToPath(new URL('../../../templates/python', import.meta.url));
const text = (name: string): string => readFileSync(join(TEMPLATE, name), 'utf8');

test('the stages are prepare, train and evaluate, and each script of theirs is there', () => {
  const { stages, models } = parseProjectFile(text('mlo.yaml'), 'mlo.yaml');
  expect(Object.keys(stages)).toEqual(['prepare', 'train', 'evaluate']);
  const scripts = readdirSync(join(TEMPLATE, 'scripts'));
  for (const stage of Object.values(stages)) {
    expect(stage.cmd).toEqual([`python scripts/${stage.name}.py`]);
    expect(scripts).toContain(`${stage.name}.py`);
  }
  const outs = new Set(Object.values(stages).flatMap((stage) => stage.outs.map(({ path }) => path)));
  const model = models['tumour'];
  for (const path of [model?.path, model?.signature, model?.example, model?.reference]) {
    expect(outs).toContain(path);
  }
});

test('every param a script reads is in params.yaml, and the other way round', () => {
  const read = ['prepare', 'train', 'evaluate'].flatMap((name) => {
    const [, section, keys] = /read_params\("(\w+)", (.+)\)/.exec(text(`scripts/${name}.py`)) ?? [];
    return (keys ?? '').split(', ').map((key) => `${section}.${key.replaceAll('"', '')}`);
  });
  const written = Object.keys(flattenParams(parseParams(text('params.yaml'), 'params.yaml')));
  expect(read.toSorted()).toEqual(written.toSorted());
});

test('every package is pinned to one version', () => {
  for (const line of text('requirements.txt').trim().split('\n')) expect(line).toMatch(/^[\w-]+==[\d.]+$/);
});

test('no leftovers are shipped', () => {
  expect(readdirSync(TEMPLATE).toSorted()).toEqual([
    'README.md',
    'gitignore',
    'mlo.yaml',
    'params.yaml',
    'requirements.txt',
    'scripts',
  ]);
});
