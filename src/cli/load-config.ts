import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { configFromEnv, parseConfigFile, resolveConfig, type ConfigLayer } from '#formats/config/config.ts';
import type { ConfigLoader } from './context.ts';
import { xdgDir } from './xdg-dir.ts';

/** flag > environment > .mlo/config.local.yaml > .mlo/config.yaml > mlo.yaml > user file > default */
export const loadConfig: ConfigLoader = ({ paths, ...options }) => {
  const layers: ConfigLayer[] = [];
  if (options.lockTimeoutMs !== undefined) {
    layers.push({
      origin: '--lock-timeout',
      values: new Map([['core.lock_timeout', options.lockTimeoutMs / 1000]]),
      remotes: new Map(),
    });
  }
  layers.push(configFromEnv(options.env));
  for (const [path, name] of [
    [paths.localConfigFile, '.mlo/config.local.yaml'],
    [paths.configFile, '.mlo/config.yaml'],
  ] as const) {
    const text = readIfThere(path);
    if (text !== undefined) layers.push(parseConfigFile(text, name));
  }
  const projectFile = readIfThere(paths.pipelineFile);
  if (projectFile !== undefined && /^config:/m.test(projectFile)) {
    layers.push(parseConfigFile(projectFile, 'mlo.yaml', 'config'));
  }
  const userFile = join(xdgDir(options.env, 'XDG_CONFIG_HOME', '.config'), 'mlo', 'config.yaml');
  // A container often runs with the home folder of somebody else: not ours to read, so not our configuration.
  const userText = readIfOpen(userFile);
  if (userText !== undefined) layers.push(parseConfigFile(userText, userFile));
  return resolveConfig(layers);
};

function readIfOpen(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch (error) {
    if (error instanceof MloError && error.code === 'MLO_NO_PERMISSION') return undefined;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) return undefined;
    // Reading a named pipe would wait for a writer for ever.
    if (!info.isFile() && !info.isDirectory()) {
      throw new MloError('config', 'MLO_UNREADABLE', `${path} is not a file`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof MloError) throw error;
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    const known = fromSystemError(error, path);
    if (known instanceof MloError) throw known;
    throw new MloError('config', 'MLO_UNREADABLE', `${path} cannot be read`, { cause: error });
  }
}
