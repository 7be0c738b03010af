// Builds dist/: the command line as one esbuild bundle with code splitting, so that a command loads only what
// it needs. dist/meta.json (esbuild's metafile) is what the start-up test walks.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyOnnxWasm } from './copy-onnx-wasm.mjs';
import { sharedCore } from './shared-core.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Native add-ons are found at run time, where the user has them. */
const EXTERNAL = ['libsql', 'better-sqlite3', 'onnxruntime-node'];

const BUILD_INPUTS = [
  'scripts/build.mjs',
  'scripts/copy-onnx-wasm.mjs',
  'scripts/shared-core.mjs',
  'package.json',
  'package-lock.json',
];
const DIGEST_FILE = 'source-digest';

/**
 * What bundled packages load at every start and mlo never uses: commander's way to start other programs, and
 * chalk's look at the terminal (src/cli/ui/theme.ts decides on colour). yaml's ES modules bundle smaller than
 * its CommonJS ones.
 */
const LEANER = {
  name: 'leaner-packages',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:child_process|#supports-color)$/ }, ({ path, importer }) => {
      if (!/node_modules\/(commander|chalk)\//.test(importer)) return undefined;
      return { path, namespace: 'unused' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({
      contents:
        path === '#supports-color'
          ? 'export default { stdout: false, stderr: false };'
          : 'module.exports = {};',
    }));
    bundler.onResolve({ filter: /^yaml$/ }, () => ({
      path: `${root}node_modules/yaml/browser/dist/index.js`,
    }));
  },
};

/** Bundled CommonJS packages call require() for built-in modules. All files share one: each costs a little. */
const REQUIRE =
  "import{createRequire as __mloRequire}from'node:module';const require=globalThis.__mloSharedRequire??=__mloRequire(import.meta.url);";

/** Most files hold no CommonJS package and start faster without that line. */
async function stripUnusedRequire(outDir) {
  const names = await readdir(outDir, { recursive: true });
  for (const name of names.filter((file) => file.endsWith('.js'))) {
    const text = await readFile(`${outDir}/${name}`, 'utf8');
    const body = text.replace(`${REQUIRE}\n`, '');
    if (body !== text && !/\brequire\b/.test(body)) await writeFile(`${outDir}/${name}`, body);
  }
}

/** @param {string} outDir */
export async function buildDist(outDir) {
  const options = {
    absWorkingDir: root,
    entryPoints: { 'cli/process': 'src/cli/process.ts' },
    outdir: outDir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    external: EXTERNAL,
    plugins: [LEANER],
    logLevel: 'warning',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: REQUIRE },
  };
  const core = await sharedCore(options);
  const result = await build({ ...options, metafile: true, plugins: [...options.plugins, core] });
  await stripUnusedRequire(outDir);
  await writeFile(`${outDir}/meta.json`, JSON.stringify(result.metafile));
  await copyOnnxWasm(outDir);
}

/** A digest of everything the build reads: equal digests mean an equal dist/. */
async function sourceDigest() {
  const names = await readdir(`${root}src`, { recursive: true });
  const files = [
    ...names.filter((name) => name.endsWith('.ts')).map((name) => `src/${name}`),
    ...BUILD_INPUTS,
  ];
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(`${file}\0`).update(await readFile(`${root}${file}`));
  return hash.digest('hex');
}

/** Replaces dist/ as a whole: nothing of an earlier build stays. */
async function replaceDist(next) {
  const old = `${root}dist-old-${process.pid}`;
  if (existsSync(`${root}dist`)) await rename(`${root}dist`, old);
  await rename(next, `${root}dist`);
  await rm(old, { recursive: true, force: true });
}

/**
 * Adds the new files beside those of a running mlo, which may still load its old chunks (their names carry a
 * hash). The entry comes last: what it names is there.
 */
async function mergeDist(next) {
  const names = await readdir(next, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(next.length + 1))
    .toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)));
  for (const file of files) {
    const target = `${root}dist/${file}`;
    await mkdir(dirname(target), { recursive: true });
    if (isEntry(file) || !existsSync(target)) await rename(`${next}/${file}`, target);
  }
  await rm(next, { recursive: true, force: true });
}

function isEntry(file) {
  return !file.startsWith('chunks/') && !file.startsWith('onnx/');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // --if-changed: for tests, which may run beside each other. Otherwise always, and clean.
  const gently = process.argv.includes('--if-changed');
  const digest = await sourceDigest();
  const done = await readFile(`${root}dist/${DIGEST_FILE}`, 'utf8').catch(() => '');
  if (!gently || done !== digest) {
    const next = `${root}dist-${process.pid}`;
    try {
      await buildDist(next);
      await writeFile(`${next}/${DIGEST_FILE}`, digest);
      await (gently ? mergeDist(next) : replaceDist(next));
    } catch (error) {
      await rm(next, { recursive: true, force: true });
      if (!('errors' in error)) throw error;
      // esbuild has already printed what is wrong.
      process.exitCode = 1;
    }
  }
}
