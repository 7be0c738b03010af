import type { MloError } from '#foundation/errors.ts';
import { parseYaml, yamlError, type YamlFile } from '../yaml.ts';
import {
  CONFIG,
  REMOTE_KEYS,
  type ConfigDefinition,
  type ConfigKey,
  type ConfigValue,
  type RemoteConfig,
} from './definitions.ts';

/** One place configuration can come from, strongest first in the list handed to `resolveConfig`. */
export interface ConfigLayer {
  /** As shown to the user: 'environment', '.mlo/config.yaml'. */
  readonly origin: string;
  readonly values: ReadonlyMap<ConfigKey, string | number | boolean>;
  readonly remotes: ReadonlyMap<string, RemoteConfig>;
}

export interface Config {
  get<K extends ConfigKey>(key: K): ConfigValue<K>;
  originOf(key: ConfigKey): string;
  readonly remotes: ReadonlyMap<string, RemoteConfig>;
}

export const NO_LAYER: ConfigLayer = { origin: 'default', values: new Map(), remotes: new Map() };

export function resolveConfig(layers: readonly ConfigLayer[]): Config {
  const remotes = new Map<string, RemoteConfig>();
  for (const layer of layers.toReversed()) {
    for (const [name, remote] of layer.remotes) remotes.set(name, { ...remotes.get(name), ...remote });
  }
  const owner = (key: ConfigKey): ConfigLayer | undefined => layers.find((layer) => layer.values.has(key));
  return {
    // The layers were checked against the definitions when they were read.
    get: <K extends ConfigKey>(key: K) =>
      (owner(key)?.values.get(key) ?? CONFIG[key].default) as ConfigValue<K>,
    originOf: (key) => owner(key)?.origin ?? 'default',
    remotes,
  };
}

export function configFromEnv(env: Readonly<Record<string, string | undefined>>): ConfigLayer {
  const values = new Map<ConfigKey, string | number | boolean>();
  for (const key of Object.keys(CONFIG) as ConfigKey[]) {
    const definition: ConfigDefinition = CONFIG[key];
    const text = env[definition.env];
    if (text === undefined || text === '') continue;
    values.set(key, fromText(definition, text, definition.env));
  }
  return { origin: 'environment', values, remotes: new Map() };
}

/**
 * Reads a configuration file: sections of keys (`core: {remote: origin}`) and `remotes`. Unknown keys, wrong
 * types and credentials are config errors with line and column. `below` picks a sub-map (mlo.yaml: `config`).
 */
export function parseConfigFile(text: string, name: string, below?: string): ConfigLayer {
  const file = parseYaml(text, name);
  const top = below === undefined ? file.value : asMap(file.value)[below];
  if (top === null || top === undefined) return { ...NO_LAYER, origin: name };
  const prefix = below === undefined ? [] : [below];
  if (!isMap(top)) throw yamlError(file.where(prefix), 'expected sections such as "core:" or "remotes:"');
  const values = new Map<ConfigKey, string | number | boolean>();
  const remotes = new Map<string, RemoteConfig>();
  for (const [section, content] of Object.entries(top)) {
    const path = [...prefix, section];
    if (section === 'remotes') readRemotes(content, file, path, remotes);
    else if (section !== 'version') readSection(content, file, path, values);
  }
  return { origin: name, values, remotes };
}

function readSection(
  content: unknown,
  file: YamlFile,
  path: string[],
  values: Map<ConfigKey, string | number | boolean>,
): void {
  const section = path.at(-1) ?? '';
  if (!isMap(content)) throw yamlError(file.where(path), `"${section}" must hold "key: value" lines`);
  for (const [name, value] of Object.entries(content)) {
    const key = `${section}.${name}`;
    const where = file.whereKey([...path, name]);
    if (!isConfigKey(key)) {
      throw yamlError(
        where,
        `unknown configuration key "${key}"`,
        `known keys: ${Object.keys(CONFIG).join(', ')}`,
      );
    }
    values.set(key, checkedValue(CONFIG[key], value, file.where([...path, name])));
  }
}

function readRemotes(
  content: unknown,
  file: YamlFile,
  path: string[],
  remotes: Map<string, RemoteConfig>,
): void {
  if (!isMap(content)) throw yamlError(file.where(path), '"remotes" must map a name to its settings');
  for (const [name, settings] of Object.entries(content)) {
    if (!isMap(settings))
      throw yamlError(file.where([...path, name]), `remote "${name}" needs at least "url: …"`);
    for (const [key, value] of Object.entries(settings)) {
      const where = file.whereKey([...path, name, key]);
      if (!(key in REMOTE_KEYS)) {
        throw yamlError(
          where,
          `unknown key "${key}" of remote "${name}"`,
          `known keys: ${Object.keys(REMOTE_KEYS).join(', ')}`,
        );
      }
      if (typeof value !== 'string') throw yamlError(where, `"${key}" of remote "${name}" must be text`);
    }
    const { url, ...rest } = settings as Record<string, string>;
    if (url === undefined) throw yamlError(file.where([...path, name]), `remote "${name}" has no url`);
    refuseCredentials(url, file.where([...path, name, 'url']), name);
    remotes.set(name, { url, ...rest });
  }
}

/** Project files are shared through Git: a password in a URL would be too. */
function refuseCredentials(url: string, where: string, name: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/\s]*@/i.test(url)) return;
  throw yamlError(
    where,
    `the url of remote "${name}" holds credentials`,
    'use a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  );
}

function checkedValue(
  definition: ConfigDefinition,
  value: unknown,
  where: string,
): string | number | boolean {
  if (typeof value === 'string') return fromText(definition, value, where);
  if (definition.type === 'number' && typeof value === 'number')
    return fromText(definition, String(value), where);
  if (definition.type === 'boolean' && typeof value === 'boolean') return value;
  throw yamlError(where, `expected ${expectation(definition)}, found ${JSON.stringify(value)}`);
}

function fromText(definition: ConfigDefinition, text: string, where: string): string | number | boolean {
  const wrong = (): MloError => yamlError(where, `expected ${expectation(definition)}, found "${text}"`);
  switch (definition.type) {
    case 'string':
      return text;
    case 'number': {
      const number = Number(text);
      if (text.trim() === '' || !Number.isFinite(number) || number < definition.min) throw wrong();
      return number;
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong();
      return text === 'true';
    case 'choice':
      if (!definition.choices.includes(text)) throw wrong();
      return text;
  }
}

function expectation(definition: ConfigDefinition): string {
  switch (definition.type) {
    case 'string':
      return 'text';
    case 'number':
      return `a number of at least ${definition.min}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${definition.choices.join(', ')}`;
  }
}

function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(CONFIG, key);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asMap(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}
