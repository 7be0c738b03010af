export type * from './types.ts';

/** Opens the bundle of a reference and loads it into an engine. */
export { loadPredictor } from './load-predictor.ts';
/** A loaded model behind a micro-batching queue. */
export type { Predictor } from './create-predictor.ts';
/** `mlo predict`: scores a table file in batches. */
export { predictFile } from './predict-file.ts';
/** The journal a server writes predictions to. */
export { openPredictionLog, type PredictionLog } from './prediction-log.ts';
/** Everything logged for a model as Parquet files, open journals included. */
export { predictionTables } from './prediction-tables.ts';
/** One served prediction by its id, for lineage. */
export { findPrediction } from './find-prediction.ts';
/** Names a damaged Parquet file of the prediction log as such, whoever read it. */
export { fromDamagedSegment } from './damaged-segment.ts';
export { newPredictionId } from './prediction-record.ts';
export type { Decoded } from './micro-batcher.ts';
export type { ServeSource } from './load-predictor.ts';
export { engineChoice, requiredInput, serveSource } from './serve-source.ts';
/** Loads, scores, frees: `predictFile` for a reference. */
export { predictWith } from './predict-with.ts';
