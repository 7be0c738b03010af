import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the plain WebAssembly engine of onnxruntime-web needs: its script, its loader, its binary. */
const FILES = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];

/** Copies the WebAssembly engine (14 MB) to `<outDir>/onnx`, where src/adapters/onnx/wasm.ts looks for it. */
export async function copyOnnxWasm(outDir) {
  const from = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  const to = join(outDir, 'onnx');
  await mkdir(to, { recursive: true });
  await Promise.all(FILES.map((name) => copyFile(join(from, name), join(to, name))));
}
