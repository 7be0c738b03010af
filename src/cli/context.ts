import type { AbsolutePath } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import { absolutePath, type ProjectPaths } from '#foundation/paths.ts';
import { locateProject } from '#foundation/project-location.ts';
import type { Config } from '#formats/config/config.ts';
import { makeProject, type Project } from '#stores/project.ts';
import type { CommandDescription } from './command-description.ts';
import { xdgDir } from './xdg-dir.ts';

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
  /** Every command there is: for completion and the reference. */
  readonly commands: readonly CommandDescription[];
  now(): number;
  paths(): ProjectPaths;
  /** Not for commands that need no project: the YAML parser is not loaded for them. */
  config(): Config;
  /** The project that holds cwd. Throws `not-a-project` (exit 10). */
  project(): Project;
  /** The project that holds another folder. Throws as `project` does. */
  projectAt(dir: AbsolutePath): Project;
  /** Absolute form of a path given on the command line. */
  resolve(path: string): AbsolutePath;
  /** `Name <mail>` from Git's configuration, else the login name: for the audit trail. */
  user(): Promise<string>;
  readAllStdin(): Promise<string>;
}

/** Throws config errors with line and column. */
export type ConfigLoader = (options: {
  readonly env: Environment;
  readonly lockTimeoutMs: number | undefined;
  readonly paths: ProjectPaths;
}) => Config;

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
  readonly commands: readonly CommandDescription[];
  readonly loadConfig: ConfigLoader | undefined;
  readonly now: () => number;
  readonly readAllStdin: () => Promise<string>;
}

/** Opens nothing yet: project, configuration and path lookups happen when first asked for. */
export function makeContext(options: ContextOptions): Context {
  const cwd = absolutePath(options.cwd, '.');
  const { loadConfig = notLoaded } = options;
  const paths = once(() => locateProject(cwd));
  const config = once(() => loadConfig({ ...options, paths: paths() }));
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
    commands: options.commands,
    now: options.now,
    paths,
    config,
    project,
    projectAt: (dir) => makeContext({ ...options, cwd: dir }).project(),
    resolve: (path) => absolutePath(cwd, path),
    user: async () => {
      const { gitIdentity } = await import('#adapters/git/identity.ts');
      return (await gitIdentity(cwd)) ?? options.env.USER ?? options.env.USERNAME ?? 'unknown';
    },
    readAllStdin: options.readAllStdin,
  };
}

function nativeDir(env: Environment): AbsolutePath {
  return absolutePath(xdgDir(env, 'XDG_DATA_HOME', '.local/share'), 'mlo/native');
}

function notLoaded(): never {
  throw new Error("a command that reads the configuration must not say needs: 'none'");
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
