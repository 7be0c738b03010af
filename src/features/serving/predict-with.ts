import { loadPredictor, type LoadOptions } from './load-predictor.ts';
import { predictFile, type PredictFileOptions } from './predict-file.ts';
import type { PredictFileOutcome } from './types.ts';

export type PredictWithOptions = LoadOptions & Omit<PredictFileOptions, 'predictor'>;

/** `mlo predict`: loads the model of a reference or folder, scores the table, frees the model. */
export async function predictWith(options: PredictWithOptions): Promise<PredictFileOutcome> {
  const predictor = await loadPredictor(options);
  try {
    return await predictFile({ ...options, predictor });
  } finally {
    await predictor.close();
  }
}
