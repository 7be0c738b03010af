import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as OrtWeb from 'onnxruntime-web/wasm';
import { messageOf } from '#foundation/errors.ts';
import type { OnnxEngine } from './engine.ts';
import { ortEngine } from './ort-session.ts';

export type WasmAttempt =
  | { readonly engine: OnnxEngine; readonly path: string }
  | { readonly engine: undefined; readonly reason: string };

/** File names of onnxruntime-web that its plain WebAssembly engine needs. */
const SCRIPT = 'ort.wasm.min.mjs';

let loading: Promise<WasmAttempt> | undefined;

/** The WebAssembly engine: from `onnx/` beside the built product, else from node_modules. Never throws. */
export async function loadWasm(): Promise<WasmAttempt> {
  return await (loading ??= load());
}

async function load(): Promise<WasmAttempt> {
  try {
    const dir = engineDir();
    const ort = (await import(/* @vite-ignore */ pathToFileURL(join(dir, SCRIPT)).href)) as typeof OrtWeb;
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = pathToFileURL(`${dir}/`).href;
    ort.env.logLevel = 'error';
    return { engine: ortEngine('wasm', versionIn(dir, ort), ort), path: dir };
  } catch (error) {
    return {
      engine: undefined,
      reason: `the WebAssembly engine does not load: ${messageOf(error).split('\n')[0] ?? ''}`,
    };
  }
}

function engineDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  // Chunks of the bundle lie in dist/ or one folder below it.
  const built = [join(here, 'onnx'), join(here, '..', 'onnx')].find((dir) => existsSync(join(dir, SCRIPT)));
  return built ?? dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
}

function versionIn(dir: string, ort: typeof OrtWeb): string {
  const known = ort.env.versions.web ?? ort.env.versions.common;
  if (known !== undefined) return known;
  const text = readFileSync(join(dir, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
