import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { isMloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import type { RunFile } from '#stores/database/tracking-store.ts';
import { ARTIFACT, ENVIRONMENT_PREFIX } from './tags.ts';
import type { Loggable, RunsContext } from './types.ts';

export interface CapturedEnvironment {
  readonly tags: Loggable;
  readonly files: readonly RunFile[];
}

export interface EnvironmentOptions extends RunsContext {
  readonly cwd: AbsolutePath;
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Files that pin what is installed; each is kept as an artifact. */
const LOCK_FILES = [
  'requirements.txt',
  'uv.lock',
  'poetry.lock',
  'Pipfile.lock',
  'environment.yml',
  'conda-lock.yml',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'renv.lock',
  'Manifest.toml',
];

const LIST_PACKAGES = `
import json, platform, sys
try:
    from importlib import metadata
    found = {(d.metadata["Name"] or "?") + "==" + d.version for d in metadata.distributions()}
except Exception:
    found = set()
print()
print(json.dumps({"version": platform.python_version(), "implementation": platform.python_implementation(),
    "executable": sys.executable, "packages": sorted(found, key=str.lower)}))
`;
const PYTHON = /^(python[\d.]*|pypy[\d.]*)(\.exe)?$/;
const NODE = /^(node|npm|npx|pnpm|yarn|tsx)(\.cmd|\.exe)?$/;
/** `uv run python`, `conda run -n name python`, `env A=b python`: the interpreter is not far. */
const LOOKED_AT_WORDS = 8;
const ASK_MS = 20_000;

/**
 * The interpreter of the command with its version, its packages, and lock files of the project. Asks the very
 * interpreter the command names, while the command runs. Leaves out what cannot be learned; never fails.
 */
export async function captureEnvironment(options: EnvironmentOptions): Promise<CapturedEnvironment> {
  const words = options.words.slice(0, LOOKED_AT_WORDS);
  const python = words.findIndex((word) => PYTHON.test(basename(word)));
  const locks = await lockFiles(options);
  const asked =
    python === -1
      ? await nodeVersion(options, words[0] ?? '')
      : await pythonPackages(options, words.slice(0, python + 1));
  return { tags: asked.tags, files: [...locks, ...asked.files] };
}

async function pythonPackages(
  options: EnvironmentOptions,
  python: readonly string[],
): Promise<CapturedEnvironment> {
  const answer = await ask(options, [...python, '-c', LIST_PACKAGES]);
  const found = parsePython(answer.split('\n').findLast((line) => line.startsWith('{')) ?? '');
  if (found === undefined) return NOTHING;
  const store = await options.project.store();
  const stored = await store.putBytes(new TextEncoder().encode(`${found.packages.join('\n')}\n`));
  const path = `${ARTIFACT.environment}/python-packages.txt`;
  return {
    tags: {
      [`${ENVIRONMENT_PREFIX}python`]: `${found.version} (${found.implementation})`,
      [`${ENVIRONMENT_PREFIX}python.executable`]: found.executable,
    },
    files: [{ role: 'artifact', path, kind: 'file', ...stored }],
  };
}

interface PythonAnswer {
  readonly version: string;
  readonly implementation: string;
  readonly executable: string;
  readonly packages: readonly string[];
}

function parsePython(line: string): PythonAnswer | undefined {
  try {
    return JSON.parse(line) as PythonAnswer;
  } catch {
    return undefined;
  }
}

async function nodeVersion(options: EnvironmentOptions, program: string): Promise<CapturedEnvironment> {
  if (!NODE.test(basename(program))) return NOTHING;
  const node = basename(program).startsWith('node') ? program : 'node';
  const version = (await ask(options, [node, '--version'])).trim();
  return version === '' ? NOTHING : { tags: { [`${ENVIRONMENT_PREFIX}node`]: version }, files: [] };
}

const NOTHING: CapturedEnvironment = { tags: {}, files: [] };

async function ask(options: EnvironmentOptions, command: readonly string[]): Promise<string> {
  const { runProcess } = await import('#adapters/process/run-process.ts');
  const signals = [AbortSignal.timeout(ASK_MS), ...(options.signal === undefined ? [] : [options.signal])];
  let text = '';
  try {
    await runProcess({
      command,
      cwd: options.cwd,
      env: options.env,
      signal: AbortSignal.any(signals),
      graceMs: 0,
      onOutput: (stream, chunk) => {
        if (stream === 'stdout') text += chunk;
      },
    });
  } catch (error) {
    if (!isMloError(error)) throw error;
  }
  return text;
}

async function lockFiles(options: EnvironmentOptions): Promise<readonly RunFile[]> {
  await using session = await (await options.project.store()).begin();
  const files = new Map<string, RunFile>();
  for (const folder of new Set([options.project.paths.root, options.cwd])) {
    for (const name of LOCK_FILES) {
      const file = joinPath(folder, name);
      if ((await stat(file).catch(() => undefined))?.isFile() !== true) continue;
      const path = `${ARTIFACT.environment}/${name}`;
      const { id, size } = await session.putFile(file);
      files.set(path, { role: 'artifact', path, kind: 'file', id, size });
    }
  }
  await session.commit();
  return [...files.values()];
}
