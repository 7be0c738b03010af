import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { isMloError, messageOf } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import { withLock } from '#foundation/process-lock.ts';
import { outputOf } from './check-tools.ts';
import { findHeaders } from './find-headers.ts';
import { runNpm } from './run-npm.ts';
import type { DoctorFix } from './types.ts';

interface FixOptions {
  readonly packageDir: AbsolutePath;
  readonly nativeDir: AbsolutePath;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Installs the native engines into `nativeDir`, each from the npm registry alone: install scripts, which
 * download from elsewhere, are skipped, and better-sqlite3 is compiled with headers of this machine. A step
 * that fails is reported and does not stop the next.
 */
export async function fixEngines(options: FixOptions): Promise<DoctorFix[]> {
  const lock = {
    path: joinPath(options.nativeDir, 'lock'),
    command: 'mlo doctor --fix',
    signal: options.signal,
    report: options.report,
  };
  return withLock(lock, async () => {
    await prepareFolder(options.nativeDir);
    return [
      await step('onnxruntime-node', options, () => fixOnnx(options)),
      await step('better-sqlite3', options, () => fixSqlite(options)),
    ];
  });
}

type Outcome = Omit<DoctorFix, 'name'>;

async function step(name: string, options: FixOptions, fix: () => Promise<Outcome>): Promise<DoctorFix> {
  throwIfAborted(options.signal);
  try {
    return { name, ...(await fix()) };
  } catch (error) {
    if (isMloError(error) && error.kind === 'aborted') throw error;
    return { name, status: 'failed', message: messageOf(error) };
  }
}

/** npm needs a package.json there, else it would look for one in the folders above. */
async function prepareFolder(dir: AbsolutePath): Promise<void> {
  const manifest = joinPath(dir, 'package.json');
  if (existsSync(manifest)) return;
  await writeFileAtomic(manifest, `${JSON.stringify({ name: 'mlo-native', private: true }, null, 2)}\n`);
}

async function fixOnnx(options: FixOptions): Promise<Outcome> {
  const { loadNative } = await import('#adapters/onnx/native.ts');
  const before = loadNative(options.nativeDir);
  if (before.engine !== undefined) return { status: 'not-needed', message: `it loads from ${before.path}` };
  const wanted = wantedVersion(options.packageDir, 'onnxruntime-node');
  options.report({ type: 'step', message: `installing onnxruntime-node ${wanted} …` });
  await install(options, `onnxruntime-node@${wanted}`);
  const problem = await loadProblem(options, "require('onnxruntime-node')");
  if (problem === undefined) return { status: 'done', message: `installed in ${options.nativeDir}` };
  return { status: 'failed', message: `installed, but it does not load here: ${problem}` };
}

const OPEN_SQLITE = "new (require('better-sqlite3'))(':memory:').close()";

async function fixSqlite(options: FixOptions): Promise<Outcome> {
  const { sqliteStatus } = await import('#stores/database/sqlite-driver.ts');
  const status = sqliteStatus({ nativeDir: options.nativeDir });
  if (status.driver === 'better-sqlite3') return { status: 'not-needed', message: status.reason };
  const missing = await missingTools(options);
  if (missing !== undefined) {
    return { status: 'skipped', message: `${missing} is missing to compile it; libsql serves` };
  }
  const headers = findHeaders(options.env);
  if (headers === undefined) {
    const major = process.versions.node.split('.')[0] ?? '';
    const message = `no headers of Node.js ${major} on this machine (apt install libnode-dev, or set npm_config_nodedir); libsql serves`;
    return { status: 'skipped', message };
  }
  const wanted = wantedVersion(options.packageDir, 'better-sqlite3');
  await install(options, `better-sqlite3@${wanted}`);
  options.report({ type: 'step', message: `compiling better-sqlite3 with the headers in ${headers} …` });
  await runNpm({
    args: ['rebuild', '--prefix', options.nativeDir, '--ignore-scripts=false', 'better-sqlite3'],
    cwd: options.nativeDir,
    // build_from_source: do not even ask GitHub for a binary.
    env: { ...options.env, npm_config_nodedir: headers, npm_config_build_from_source: 'true' },
    signal: options.signal,
  });
  const problem = await loadProblem(options, OPEN_SQLITE);
  if (problem === undefined) return { status: 'done', message: 'compiled; used from the next start of mlo' };
  return { status: 'failed', message: `compiled, but it does not load here: ${problem}` };
}

async function missingTools(options: FixOptions): Promise<string | undefined> {
  for (const tool of ['python3', 'make', 'g++']) {
    const version = await outputOf([tool, '--version'], { ...options, cwd: options.nativeDir });
    if (version === undefined) return tool;
  }
  return undefined;
}

async function install(options: FixOptions, what: string): Promise<void> {
  await runNpm({
    args: ['install', '--prefix', options.nativeDir, '--ignore-scripts', '--save', what],
    cwd: options.nativeDir,
    env: options.env,
    signal: options.signal,
  });
}

/** A fresh Node says whether a module loads: this process may remember the earlier failure. */
async function loadProblem(options: FixOptions, code: string): Promise<string | undefined> {
  const script = `try { ${code} } catch (error) { console.log(String(error.message).split('\\n')[0]) }`;
  const said = await outputOf([process.execPath, '--eval', script], { ...options, cwd: options.nativeDir });
  if (said === undefined) return 'the program that tried it ended abnormally';
  return said === '' ? undefined : said.trim();
}

/** The version this mlo was tested with. */
function wantedVersion(packageDir: AbsolutePath, name: string): string {
  const manifest = JSON.parse(readFileSync(joinPath(packageDir, 'package.json'), 'utf8')) as {
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  return manifest.devDependencies?.[name] ?? 'latest';
}
