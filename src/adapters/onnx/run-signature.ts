import { MloError } from '#foundation/errors.ts';
import type { Tensor } from '#formats/inference/dtypes.ts';
import type { NamedTensor } from '#formats/inference/encode.ts';
import type { ModelSignature } from '#formats/inference/signature.ts';
import type { OnnxSession } from './engine.ts';

/** Runs the model and returns its outputs in the signature's order. */
export async function runSignature(
  session: OnnxSession,
  signature: ModelSignature,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<readonly NamedTensor[]> {
  const results = await session.run(feeds);
  return signature.outputs.map(({ name }) => {
    const tensor = results[name];
    if (tensor !== undefined) return { ...tensor, name };
    throw new MloError('failed', 'MLO_MODEL_RUN_FAILED', `the model gave no output "${name}"`);
  });
}
