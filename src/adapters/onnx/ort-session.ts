import type * as Ort from 'onnxruntime-node';
import { MloError, messageOf } from '#foundation/errors.ts';
import { isDType, type Tensor } from '#formats/inference/dtypes.ts';
import type { EngineKind, OnnxEngine, OnnxSession, TensorInfo } from './engine.ts';

/** The part of the runtime's interface both packages share. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

const SESSION_OPTIONS: Ort.InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
};

export function ortEngine(kind: EngineKind, version: string, ort: OrtModule): OnnxEngine {
  return {
    kind,
    version,
    async load(model, name) {
      try {
        return ortSession(ort, await ort.InferenceSession.create(model, SESSION_OPTIONS));
      } catch (error) {
        throw new MloError(
          'failed',
          'MLO_MODEL_UNLOADABLE',
          `${name}: the ${kind} ONNX engine cannot load the model: ${engineMessage(error)}`,
          { cause: error },
        );
      }
    },
  };
}

function ortSession(ort: OrtModule, session: Ort.InferenceSession): OnnxSession {
  let released: Promise<void> | undefined;
  return {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs: session.outputMetadata.map(tensorInfo),
    async run(feeds) {
      const values: Record<string, Ort.Tensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) values[name] = toOrt(ort, tensor);
      try {
        const results = await session.run(values);
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromOrt(value)]));
      } catch (error) {
        throw new MloError(
          'failed',
          'MLO_MODEL_RUN_FAILED',
          `the model cannot answer: ${engineMessage(error)}`,
          { cause: error },
        );
      }
    },
    release: () => (released ??= session.release()),
  };
}

function tensorInfo(metadata: Ort.InferenceSession.ValueMetadata): TensorInfo {
  if (!metadata.isTensor) return { name: metadata.name, type: undefined, shape: [] };
  const type = isDType(metadata.type) ? metadata.type : undefined;
  return { name: metadata.name, type, shape: [...metadata.shape] };
}

function toOrt(ort: OrtModule, tensor: Tensor): Ort.Tensor {
  const { type, dims, data } = tensor;
  return new ort.Tensor(type, data, [...dims]);
}

function fromOrt(value: Ort.OnnxValue): Tensor {
  // What is no tensor was refused when the model was packaged.
  const { type, dims, data } = value;
  if (!isDType(type)) throw new Error(`outputs of type ${type} are not supported`);
  return { type, dims, data };
}

/** Without the runtime's source paths and line numbers. */
function engineMessage(error: unknown): string {
  const text = messageOf(error).replaceAll(/\S*\.(?:cc|h):\d+\s+\S*/g, '');
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}
