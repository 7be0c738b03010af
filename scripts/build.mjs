// Builds dist/: the command line as one esbuild bundle with code splitting, so that a command loads only what
// it needs. dist/meta.json (esbuild's metafile) is what the start-up test walks.
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Native add-ons are found at run time, where the user has them. */
export const EXTERNAL = ['libsql', 'better-sqlite3', 'onnxruntime-node'];

/** @param {string} outDir */
export async function buildDist(outDir) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { 'cli/process': 'src/cli/process.ts' },
    outdir: outDir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    external: EXTERNAL,
    metafile: true,
    logLevel: 'warning',
    chunkNames: 'chunks/[name]-[hash]',
    banner: {
      js: "import{createRequire as __mloRequire}from'node:module';const require=__mloRequire(import.meta.url);",
    },
  });
  await writeFile(`${outDir}/meta.json`, JSON.stringify(result.metafile));
  const copier = fileURLToPath(new URL('copy-onnx-wasm.mjs', import.meta.url));
  if (existsSync(copier)) await (await import(copier)).copyOnnxWasm(outDir);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Built beside and swapped in, so that a running mlo or a second build never sees half of it.
  const next = `${root}dist-${process.pid}`;
  const old = `${root}dist-old-${process.pid}`;
  await buildDist(next);
  if (existsSync(`${root}dist`)) await rename(`${root}dist`, old);
  await rename(next, `${root}dist`);
  await rm(old, { recursive: true, force: true });
}
