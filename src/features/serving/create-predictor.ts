import { MloError } from '#foundation/errors.ts';
import type { EngineKind, OnnxEngine } from '#adapters/onnx/engine.ts';
import { runSignature } from '#adapters/onnx/run-signature.ts';
import { REQUEST_FILE } from '#formats/bundle.ts';
import { decodeExample } from '#formats/inference/example.ts';
import { batchFor, type RowSink } from '#formats/inference/rows.ts';
import type { ModelSignature } from '#formats/inference/signature.ts';
import type { OpenedBundle } from '#features/packaging/index.ts';
import { MicroBatcher, type Decoded, type RunModel } from './micro-batcher.ts';
import type { Answer, ServedModel, ServingLimits } from './types.ts';

export const DEFAULT_LIMITS: ServingLimits = { queueRows: 16_384, batchRows: 1024, deadlineMs: 60_000 };

/** A loaded, warmed-up model behind its queue. */
export interface Predictor {
  readonly model: ServedModel;
  readonly signature: ModelSignature;
  readonly engine: { readonly kind: EngineKind; readonly version: string };
  /** Rows can be answered together; otherwise one request is one engine call. */
  readonly batching: boolean;
  readonly limits: ServingLimits;
  /** Rows waiting or running. */
  queuedRows(): number;
  /** See `MicroBatcher.submit`. */
  submit<T extends Decoded>(
    decode: (sink: RowSink) => T,
    isGone?: () => boolean,
  ): { readonly decoded: T; readonly answer: Promise<Answer> };
  /** The engine itself, past the queue: for the batch scorer. */
  readonly run: RunModel;
  /** Answers what is queued, refuses the rest, then frees the model. */
  close(): Promise<void>;
}

/** Loads a bundle into an engine and answers its example once, so that the first client finds it warm. */
export async function createPredictor(
  bundle: OpenedBundle,
  engine: OnnxEngine,
  limits: Partial<ServingLimits> = {},
): Promise<Predictor> {
  const { manifest, signature } = bundle;
  const session = await engine.load(bundle.model, `${manifest.name}/${manifest.version}`);
  const run: RunModel = (feeds) => runSignature(session, signature, feeds);
  await warmUp(bundle, run);
  const merged = { ...DEFAULT_LIMITS, ...limits };
  const batching = manifest.batching !== 'none';
  const batcher = new MicroBatcher({ signature, run, limits: merged, batching });
  return {
    model: { name: manifest.name, version: manifest.version, digest: bundle.digest },
    signature,
    engine: { kind: engine.kind, version: engine.version },
    batching,
    limits: merged,
    queuedRows: () => batcher.queuedRows,
    submit: (decode, isGone) => batcher.submit(decode, isGone),
    run,
    close: async () => {
      await batcher.drain();
      await session.release();
    },
  };
}

async function warmUp(bundle: OpenedBundle, run: RunModel): Promise<void> {
  const batch = batchFor(bundle.signature);
  try {
    decodeExample(new TextDecoder().decode(await bundle.readFile(REQUEST_FILE)), bundle.signature, batch);
    await run(batch.feeds());
  } catch (error) {
    throw new MloError(
      'failed',
      'MLO_WARM_UP_FAILED',
      `the model ${bundle.manifest.name} cannot answer its own example`,
      { cause: error, hint: `mlo package ${bundle.manifest.name}/${bundle.manifest.version}` },
    );
  }
}
