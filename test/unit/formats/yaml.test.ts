import { describe, expect, test } from 'vitest';
import { parseYaml, yamlError } from '#formats/yaml.ts';

function problem(text: string): string {
  try {
    parseYaml(text, 'mlo.yaml');
  } catch (error) {
    expect(error).toMatchObject({ kind: 'config', code: 'MLO_BAD_YAML', hint: expect.any(String) });
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('a YAML file', () => {
  test('says where each value and key stands', () => {
    const file = parseYaml(
      'stages:\n  train:\n    cmd: python\n    deps:\n      - a.py\n      - b.py\n',
      'mlo.yaml',
    );
    expect(file.value).toEqual({ stages: { train: { cmd: 'python', deps: ['a.py', 'b.py'] } } });
    expect(file.where(['stages', 'train', 'cmd'])).toBe('mlo.yaml:3:10');
    expect(file.whereKey(['stages', 'train', 'cmd'])).toBe('mlo.yaml:3:5');
    expect(file.where(['stages', 'train', 'deps', 1])).toBe('mlo.yaml:6:9');
  });

  test('names the nearest parent of what is not there', () => {
    const file = parseYaml('stages:\n  train:\n    cmd: x\n', 'mlo.yaml');
    expect(file.where(['stages', 'train', 'outs', 0])).toBe('mlo.yaml:3:5');
    expect(file.where([])).toBe('mlo.yaml:1:1');
    expect(parseYaml('', 'mlo.yaml').where(['a'])).toBe('mlo.yaml:1:1');
  });

  test.each([
    ['a: 1\na: 2\n', /^mlo\.yaml:2:1: .*unique/],
    ['a: [1, 2\n', /^mlo\.yaml:\d+:\d+: /],
    ['a:\n\tb: 1\n', /^mlo\.yaml:2:1: .*tab/i],
    ['a: "open\n', /^mlo\.yaml:\d+:\d+: /],
    ['a: b: c\n', /^mlo\.yaml:1:\d+: /],
    ['a: 1\n---\nb: 2\n', /^mlo\.yaml:2:1: a second document begins here/],
    ['['.repeat(10_000), /^mlo\.yaml:1:\d+: the values are nested too deeply$/],
    ['- '.repeat(10_000), /^mlo\.yaml:1:1: the values are nested too deeply$/],
    ['key: *nowhere\n', /^mlo\.yaml:1:6: nothing is named &nowhere/],
  ])('%j is one error with line and column', (text, message) => {
    expect(problem(text)).toMatch(message);
    expect(problem(text)).not.toContain('\n');
  });

  test('an alias bomb is refused quickly', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i += 1) {
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    }
    expect(problem(`${lines.join('\n')}\n`)).toContain('expand to too many values');
  });

  test('is YAML 1.2: a country is no boolean, a version keeps its text when quoted', () => {
    expect(parseYaml('country: no\nversion: "1.10"\n', 'x').value).toEqual({
      country: 'no',
      version: '1.10',
    });
  });

  test('binary junk is an error, not a crash', () => {
    expect(problem('\u0000\u0001: [\n')).toMatch(/^mlo\.yaml:/);
  });
});

test('errors about one value carry its place', () => {
  expect(yamlError('mlo.yaml:3:1', 'expected text')).toMatchObject({
    kind: 'config',
    message: 'mlo.yaml:3:1: expected text',
  });
});
