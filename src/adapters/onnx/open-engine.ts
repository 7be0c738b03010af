import { MloError } from '#foundation/errors.ts';
import type { EngineKind, OnnxEngine } from './engine.ts';
import { loadNative } from './native.ts';
import { loadWasm } from './wasm.ts';

export type EngineChoice = 'auto' | EngineKind;

export interface EngineOptions {
  /** Configuration key serve.engine. */
  readonly choice: EngineChoice;
  /** Folder with a node_modules that may hold onnxruntime-node, besides mlo's own. */
  readonly nativeDir?: string | undefined;
}

interface EngineAvailability {
  readonly available: boolean;
  readonly version?: string;
  readonly path?: string;
  readonly reason?: string;
}

/** What `mlo doctor` tells: which engine runs models, and why. */
export interface EngineStatus {
  readonly choice: EngineChoice;
  readonly running: EngineKind | 'none';
  readonly reason: string;
  readonly native: EngineAvailability;
  readonly wasm: EngineAvailability;
}

/** The engine asked for; `auto` takes native when it loads. Throws `missing-tool` when none can run. */
export async function openEngine(options: EngineOptions): Promise<OnnxEngine> {
  if (options.choice !== 'wasm') {
    const native = loadNative(options.nativeDir);
    if (native.engine !== undefined) return native.engine;
    if (options.choice === 'native') throw unavailable(native.reason);
  }
  const wasm = await loadWasm();
  if (wasm.engine !== undefined) return wasm.engine;
  throw unavailable(wasm.reason);
}

function unavailable(reason: string): MloError {
  return new MloError('missing-tool', 'MLO_NO_ENGINE', `no ONNX engine: ${reason}`, {
    hint: 'mlo doctor --fix',
  });
}

export async function engineStatus(options: EngineOptions): Promise<EngineStatus> {
  const native = loadNative(options.nativeDir);
  const wasm = await loadWasm();
  const running = runningKind(options.choice, native.engine !== undefined, wasm.engine !== undefined);
  return {
    choice: options.choice,
    running,
    reason: whyRunning(options.choice, running, native.engine === undefined ? native.reason : ''),
    native: availability(native),
    wasm: availability(wasm),
  };
}

function runningKind(choice: EngineChoice, native: boolean, wasm: boolean): EngineKind | 'none' {
  if (choice !== 'wasm' && native) return 'native';
  if (choice !== 'native' && wasm) return 'wasm';
  return 'none';
}

function whyRunning(choice: EngineChoice, running: EngineKind | 'none', nativeReason: string): string {
  if (running === 'native') return 'onnxruntime-node loads';
  if (running === 'none') return nativeReason;
  return choice === 'wasm' ? 'serve.engine is wasm' : nativeReason;
}

function availability(
  attempt: { engine: OnnxEngine; path: string } | { engine: undefined; reason: string },
): EngineAvailability {
  if (attempt.engine === undefined) return { available: false, reason: attempt.reason };
  return { available: true, version: attempt.engine.version, path: attempt.path };
}
