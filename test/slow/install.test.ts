import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { registryOnly, type RegistryOnly } from '../support/registry-only.ts';
import { recordVerification } from '../../scripts/verification.mjs';
import { PACKAGE_DIR } from '../support/run-cli.ts';
import { runSuite } from '../support/run-suite.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The registry this machine uses, mirror or not. */
const REGISTRY = execFileSync('npm', ['config', 'get', 'registry', '--loglevel=error'], {
  cwd: '/',
  encoding: 'utf8',
}).trim();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; the proxy lives in this process, so nothing here may block. */
async function run(command: readonly string[], cwd: string, network: RegistryOnly): Promise<Ended> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { cwd, env: network.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** `npm pack` of a clean build. */
async function packed(dir: string): Promise<Packed> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: PACKAGE_DIR, stdio: 'pipe' });
  const text = execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', dir], {
    cwd: PACKAGE_DIR,
    encoding: 'utf8',
  });
  const [pack] = JSON.parse(text) as Packed[];
  if (pack === undefined) throw new Error('npm pack made nothing');
  return { ...pack, filename: join(dir, pack.filename) };
}

/** The contract of the database, on the better-sqlite3 that `doctor --fix` has just compiled. */
async function contractOnBetterSqlite(nativeDir: string): Promise<void> {
  const counts = runSuite('test/contract/database-better-sqlite3.test.ts', {
    MLO_TEST_NATIVE_DIR: nativeDir,
  });
  const manifest = join(nativeDir, 'node_modules/better-sqlite3/package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  await recordVerification({
    check: 'runs and registry: database contract on the compiled driver',
    peer: 'better-sqlite3',
    version,
    command: 'npx vitest run --config vitest.slow.config.ts test/slow/install.test.ts',
    passed: counts.numPassedTests,
    failed: counts.numFailedTests,
  });
  expect(counts).toMatchObject({ numFailedTests: 0, numPendingTests: 0 });
  expect(counts.numPassedTests).toBeGreaterThan(20);
}

describe('the network of these tests', () => {
  test('notes and refuses what is not the registry, asked through the proxy or past it', async () => {
    const network = await registryOnly(REGISTRY);
    const dir = await tempDir();
    await writeFile(
      join(dir, 'direct.mjs'),
      `import { get } from 'node:https';
       get('https://download.example/file').on('error', (error) => console.log(error.message));`,
    );
    const direct = await run([process.execPath, 'direct.mjs'], dir, network);
    expect(direct.stdout).toContain('refused by the test');
    const through = await run(['npm', 'view', 'x', '--registry=https://other.example/'], dir, network);
    expect(through.code).not.toBe(0);
    expect(network.asked()).toEqual(['other.example', 'past the proxy: download.example']);
    const good = await run(['npm', 'view', 'libsql', 'name'], dir, network);
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('libsql') });
    expect(network.asked()).toContain(network.registryHost);
  });
});

test('npm ci of this repository asks nobody but the registry', async () => {
  const network = await registryOnly(REGISTRY);
  const dir = await tempDir();
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    await cp(join(PACKAGE_DIR, name), join(dir, name));
  }
  const ended = await run(['npm', 'ci'], dir, network);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  expect(network.asked()).toEqual([network.registryHost]);
  expect(existsSync(join(dir, 'node_modules/onnxruntime-node/package.json'))).toBe(true);
});

describe('the packed mlo', () => {
  test('holds what it needs and no more', async () => {
    const pack = await packed(await tempDir());
    const paths = pack.files.map((file) => file.path);
    console.info(
      `mlo tarball: ${(pack.size / 2 ** 20).toFixed(1)} MiB packed, ${(pack.unpackedSize / 2 ** 20).toFixed(1)} MiB unpacked, ${paths.length} files`,
    );
    expect(paths).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'THIRD-PARTY.md',
        'bin/mlo.js',
        'dist/cli/process.js',
        'dist/onnx/ort-wasm-simd-threaded.wasm',
        'package.json',
        'templates/flights/gitignore',
        'templates/flights/mlo.yaml',
        'templates/python/gitignore',
        'templates/python/mlo.yaml',
      ]),
    );
    const foreign = paths.filter(
      (path) =>
        !/^(bin|dist|docs|templates)\/|^(LICENSE|THIRD-PARTY\.md|README(\.zh-CN)?\.md|package\.json)$/.test(
          path,
        ),
    );
    expect(foreign).toEqual([]);
    expect(paths).not.toContain('dist/meta.json');
    expect(pack.size).toBeLessThan(10 * 2 ** 20);
  });

  test('installs, runs the main job and adds native engines with only the registry', async () => {
    const network = await registryOnly(REGISTRY);
    const dir = await tempDir();
    const pack = await packed(dir);
    const home = join(dir, 'home');
    await mkdir(home);
    await writeFile(join(home, 'package.json'), '{"private": true}\n');

    const installed = await run(['npm', 'install', pack.filename], home, network);
    expect(installed, installed.stderr).toMatchObject({ code: 0 });
    expect(network.asked()).toEqual([network.registryHost]);

    const bin = join(home, 'node_modules/.bin/mlo');
    const { version } = JSON.parse(await readFile(join(PACKAGE_DIR, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await run([bin, '--version'], home, network)).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });

    const before = await doctor(bin, home, network);
    expect(before.healthy).toBe(true);
    expect(messageOf(before, 'sqlite')).toContain('libsql');
    expect(messageOf(before, 'onnx engine')).toContain('WebAssembly');

    const job = await run(
      [process.execPath, join(PACKAGE_DIR, 'demo/demo.mjs'), '--json', '--dir', dir, '--mlo', bin],
      dir,
      network,
    );
    expect(job, job.stdout.slice(-3000) + job.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(job.stdout)).toMatchObject({ ok: true });

    const fixed = await run([bin, 'doctor', '--fix', '--json'], home, network);
    expect(fixed, fixed.stdout + fixed.stderr).toMatchObject({ code: 0 });
    const { fixes } = resultOf(fixed) as { fixes: { name: string; status: string; message: string }[] };
    console.info(fixes.map((fix) => `${fix.name}: ${fix.status}: ${fix.message}`).join('\n'));
    expect(fixes[0]).toMatchObject({ name: 'onnxruntime-node', status: 'done' });
    expect(fixes[1]).toMatchObject({ name: 'better-sqlite3', status: canCompile() ? 'done' : 'skipped' });

    const after = await doctor(bin, home, network);
    expect(messageOf(after, 'onnx engine')).toContain('native');
    expect(messageOf(after, 'sqlite')).toContain(canCompile() ? 'better-sqlite3 loads' : 'libsql');
    if (canCompile()) await contractOnBetterSqlite(join(network.env.XDG_DATA_HOME ?? '', 'mlo/native'));
    const native = await run(
      [
        process.execPath,
        join(PACKAGE_DIR, 'demo/demo.mjs'),
        '--json',
        '--dir',
        await tempDir(),
        '--mlo',
        bin,
      ],
      dir,
      network,
    );
    expect(native, native.stdout.slice(-3000) + native.stderr).toMatchObject({ code: 0 });
    expect(native.stdout).toContain('native 1.');
    // What libsql wrote, the other driver reads.
    const runs = await run([bin, 'runs', 'list', '--json'], join(dir, 'flights'), network);
    expect(runs, runs.stdout + runs.stderr).toMatchObject({ code: 0 });
    expect(network.asked()).toEqual([network.registryHost]);
  });
});

interface Report {
  readonly healthy: boolean;
  readonly checks: readonly { readonly name: string; readonly message: string }[];
}

async function doctor(bin: string, cwd: string, network: RegistryOnly): Promise<Report> {
  return resultOf(await run([bin, 'doctor', '--json'], cwd, network)) as Report;
}

function messageOf(report: Report, name: string): string {
  return report.checks.find((check) => check.name === name)?.message ?? '';
}

function resultOf(ended: Ended): unknown {
  return (JSON.parse(ended.stdout) as { result: unknown }).result;
}

/** Headers of this Node and a compiler are here: then the compile path must work. */
function canCompile(): boolean {
  const major = process.versions.node.split('.')[0];
  const prefixes = [join(process.execPath, '../..'), '/usr', '/usr/local'];
  const headers = prefixes.some((prefix) => {
    const file = join(prefix, 'include/node/node_version.h');
    if (!existsSync(file)) return false;
    const text = execFileSync('grep', ['NODE_MAJOR_VERSION', file], { encoding: 'utf8' });
    return text.includes(`NODE_MAJOR_VERSION ${major}`);
  });
  return headers && ['python3', 'make', 'g++'].every(isInstalled);
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
