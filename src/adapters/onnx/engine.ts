import type { DType, Tensor } from '#formats/inference/dtypes.ts';

/**
 * What mlo asks of an ONNX engine. Two implementations: the native runtime, when it loads, and WebAssembly,
 * which always does. Both run one thread: answers are then the same bits for any batch size, and serving
 * scales by processes.
 */
export type EngineKind = 'native' | 'wasm';

/** One graph input or output; a dimension given by name is free. `type` is undefined for what is no tensor. */
export interface TensorInfo {
  readonly name: string;
  readonly type: DType | undefined;
  readonly shape: readonly (number | string)[];
}

/** A loaded model. `release` frees its memory; a session that is only dropped is never freed. */
export interface OnnxSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** All outputs by name. Throws MLO_MODEL_RUN_FAILED with the engine's own words. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

export interface OnnxEngine {
  readonly kind: EngineKind;
  /** Version of the runtime package. */
  readonly version: string;
  /** Throws MLO_MODEL_UNLOADABLE when the bytes are no model this engine can run; `name` is for that message. */
  load(model: Uint8Array, name: string): Promise<OnnxSession>;
}
