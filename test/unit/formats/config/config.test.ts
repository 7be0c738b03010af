import { describe, expect, test } from 'vitest';
import { configFromEnv, parseConfigFile, resolveConfig } from '#formats/config/config.ts';
import { CONFIG } from '#formats/config/definitions.ts';

function problem(text: string, below?: string): string {
  try {
    parseConfigFile(text, 'config.yaml', below);
  } catch (error) {
    expect(error).toMatchObject({ kind: 'config' });
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('a configuration file', () => {
  test('gives values of the right types; what is missing has its default', () => {
    const layer = parseConfigFile(
      'version: 1\ncore:\n  remote: origin\n  jobs: 4\nserve:\n  engine: wasm\n',
      'config.yaml',
    );
    const config = resolveConfig([layer]);
    expect(config.get('core.remote')).toBe('origin');
    expect(config.get('core.jobs')).toBe(4);
    expect(config.get('serve.engine')).toBe('wasm');
    expect(config.get('drift.threshold')).toBe(0.1);
    expect(config.originOf('core.jobs')).toBe('config.yaml');
    expect(config.originOf('drift.threshold')).toBe('default');
  });

  test.each(['', '# only a comment\n', 'version: 1\n', '---\n'])('may be empty: %j', (text) => {
    expect(parseConfigFile(text, 'config.yaml').values.size).toBe(0);
  });

  test.each([
    ['core:\n  jobs: many\n', 'config.yaml:2:9: expected a number of at least 0, found "many"'],
    ['core:\n  jobs: -1\n', 'config.yaml:2:9: expected a number of at least 0, found "-1"'],
    ['core:\n  jobs: [1]\n', 'config.yaml:2:9: expected a number of at least 0, found [1]'],
    ['core:\n  jbos: 1\n', 'config.yaml:2:3: unknown configuration key "core.jbos"'],
    ['corr:\n  jobs: 1\n', 'config.yaml:2:3: unknown configuration key "corr.jobs"'],
    ['core: 3\n', 'config.yaml:1:7: "core" must hold "key: value" lines'],
    ['cache:\n  link: symlink\n', 'config.yaml:2:9: expected one of reflink, copy, found "symlink"'],
    ['- a\n', 'config.yaml:1:1: expected sections such as "core:" or "remotes:"'],
    ['remotes:\n  origin: /srv\n', 'config.yaml:2:11: remote "origin" needs at least "url: …"'],
    ['remotes:\n  origin:\n    urll: /srv\n', 'config.yaml:3:5: unknown key "urll" of remote "origin"'],
    ['remotes:\n  origin:\n    region: x\n', 'config.yaml:3:5: remote "origin" has no url'],
    ['remotes:\n  origin:\n    url: 3\n', 'config.yaml:3:5: "url" of remote "origin" must be text'],
    ['remotes: [a]\n', 'config.yaml:1:10: "remotes" must map a name to its settings'],
    [
      'remotes:\n  origin:\n    url: https://u:p@host/x\n',
      'config.yaml:3:10: the url of remote "origin" holds credentials',
    ],
  ])('%j: names line, column and what was expected', (text, message) => {
    expect(problem(text)).toBe(message);
  });

  test('never repeats the credentials it refuses', () => {
    expect(problem('remotes:\n  o:\n    url: s3://key:hunter2@bucket\n')).not.toContain('hunter2');
  });

  test('may be a part of mlo.yaml', () => {
    const text = 'stages: {}\nconfig:\n  core:\n    jobs: 2\n';
    expect(resolveConfig([parseConfigFile(text, 'mlo.yaml', 'config')]).get('core.jobs')).toBe(2);
    expect(parseConfigFile('stages: {}\n', 'mlo.yaml', 'config').values.size).toBe(0);
    expect(problem('config:\n  core:\n    jobs: x\n', 'config')).toContain('config.yaml:3:11: ');
  });
});

describe('layers', () => {
  test('the first that has a key wins, key by key', () => {
    const strong = parseConfigFile('core:\n  jobs: 1\n', 'strong');
    const weak = parseConfigFile('core:\n  jobs: 2\n  remote: r\n', 'weak');
    const config = resolveConfig([strong, weak]);
    expect([config.get('core.jobs'), config.originOf('core.jobs')]).toEqual([1, 'strong']);
    expect([config.get('core.remote'), config.originOf('core.remote')]).toEqual(['r', 'weak']);
  });

  test('remotes of one name are merged, the stronger layer on top', () => {
    const local = parseConfigFile('remotes:\n  o:\n    url: s3://b\n    profile: me\n', 'local');
    const shared = parseConfigFile(
      'remotes:\n  o:\n    url: s3://a\n    region: eu\n  p:\n    url: /srv\n',
      'shared',
    );
    const { remotes } = resolveConfig([local, shared]);
    expect(Object.fromEntries(remotes)).toEqual({
      o: { url: 's3://b', region: 'eu', profile: 'me' },
      p: { url: '/srv' },
    });
  });
});

describe('the environment', () => {
  test('sets every key by its own variable', () => {
    const layer = configFromEnv({ MLO_JOBS: '3', MLO_ENGINE: 'native', MLO_REMOTE: '', OTHER: 'x' });
    expect(Object.fromEntries(layer.values)).toEqual({ 'core.jobs': 3, 'serve.engine': 'native' });
  });

  test('is checked like a file, naming the variable', () => {
    expect(() => configFromEnv({ MLO_ENGINE: 'gpu' })).toThrow(
      'MLO_ENGINE: expected one of auto, native, wasm',
    );
    expect(() => configFromEnv({ MLO_JOBS: ' ' })).toThrow('MLO_JOBS');
  });
});

test('the table itself is sound', () => {
  const variables = Object.values(CONFIG).map((definition) => definition.env);
  expect(new Set(variables).size).toBe(variables.length);
  for (const [key, definition] of Object.entries(CONFIG)) {
    expect(key).toMatch(/^[a-z]+\.[a-z_]+$/);
    expect(definition.description).toMatch(/\.$/);
    if (definition.type === 'choice') expect(definition.choices).toContain(definition.default);
    if (definition.type === 'number') expect(definition.default).toBeGreaterThanOrEqual(definition.min);
  }
});
