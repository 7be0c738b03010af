import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { absolutePath, type ProjectPaths } from '#foundation/paths.ts';
import { locateProject } from '#foundation/project-location.ts';
import {
  configFromEnv,
  parseConfigFile,
  resolveConfig,
  type Config,
  type ConfigLayer,
} from '#formats/config/config.ts';
import { makeProject, type Project } from '#stores/project.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a command may know of the world: the composition root. Everything is opened on first use. Nothing
 * below the command line reads the environment, the working directory or the clock by itself.
 */
export interface Context {
  readonly cwd: AbsolutePath;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly json: boolean;
  readonly verbose: boolean;
  /** stdin and stderr are terminals and neither CI nor --no-input forbids asking. */
  readonly interactive: boolean;
  /** --yes: answers every question with yes. */
  readonly yes: boolean;
  readonly version: string;
  /** Folder of the installed package: holds templates/ and dist/. */
  readonly packageDir: AbsolutePath;
  /** Where `doctor --fix` puts native engines: $XDG_DATA_HOME/mlo/native. */
  readonly nativeDir: AbsolutePath;
  now(): number;
  paths(): ProjectPaths;
  config(): Config;
  /** The project that holds cwd. Throws `not-a-project` (exit 10). */
  project(): Project;
  /** Absolute form of a path given on the command line. */
  resolve(path: string): AbsolutePath;
  /** `Name <mail>` from Git's configuration, else the login name: for the audit trail. */
  user(): Promise<string>;
  readAllStdin(): Promise<string>;
}

export interface ContextOptions {
  readonly cwd: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly interactive: boolean;
  readonly yes: boolean;
  readonly lockTimeoutMs: number | undefined;
  readonly version: string;
  readonly packageDir: AbsolutePath;
  readonly now: () => number;
  readonly readAllStdin: () => Promise<string>;
}

export function makeContext(options: ContextOptions): Context {
  const cwd = absolutePath(options.cwd, '.');
  const paths = once(() => locateProject(cwd));
  const config = once(() => loadConfig(options, paths()));
  const project = once(() =>
    makeProject({ paths: paths(), config: config(), nativeDir: nativeDir(options.env) }),
  );
  return {
    cwd,
    env: options.env,
    signal: options.signal,
    report: options.report,
    json: options.json,
    verbose: options.verbose,
    interactive: options.interactive,
    yes: options.yes,
    version: options.version,
    packageDir: options.packageDir,
    nativeDir: nativeDir(options.env),
    now: options.now,
    paths,
    config,
    project,
    resolve: (path) => absolutePath(cwd, path),
    user: async () => {
      const { gitIdentity } = await import('#adapters/git/identity.ts');
      return (await gitIdentity(cwd)) ?? options.env.USER ?? options.env.USERNAME ?? 'unknown';
    },
    readAllStdin: options.readAllStdin,
  };
}

/** flag > environment > .mlo/config.local.yaml > .mlo/config.yaml > mlo.yaml > user file > default */
function loadConfig(options: ContextOptions, paths: ProjectPaths): Config {
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
  const userFile = join(xdg(options.env, 'XDG_CONFIG_HOME', '.config'), 'mlo', 'config.yaml');
  const userText = readIfThere(userFile);
  if (userText !== undefined) layers.push(parseConfigFile(userText, userFile));
  return resolveConfig(layers);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    const known = fromSystemError(error, path);
    if (known instanceof MloError) throw known;
    throw new MloError('config', 'MLO_UNREADABLE', `${path} cannot be read`, { cause: error });
  }
}

function nativeDir(env: Environment): AbsolutePath {
  return absolutePath(xdg(env, 'XDG_DATA_HOME', '.local/share'), 'mlo/native');
}

function xdg(env: Environment, variable: string, fallback: string): string {
  const value = env[variable];
  return value !== undefined && value.startsWith('/') ? value : join(env.HOME ?? homedir(), fallback);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
