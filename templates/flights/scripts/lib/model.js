import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readJson } from './files.js';
import { lookUp } from './history.js';
import { predict } from './gbdt.js';
import { Problem } from './script.js';

/** What the trees see, in their order. The rates are looked up from origin and destination. */
export const FEATURES = ['hour', 'weekday', 'distance', 'origin_rate', 'destination_rate'];

/**
 * models/late.json is the model in a form that JavaScript can score: the same trees and history as in
 * models/late.onnx, whose SHA-256 it names.
 */
export function readModel(jsonPath, onnxPath) {
  const hint = 'run "mlo repro train"';
  const model = readJson(jsonPath, hint);
  let onnx;
  try {
    onnx = readFileSync(onnxPath);
  } catch {
    throw new Problem(`cannot read ${onnxPath}: ${hint}`);
  }
  if (sha256(onnx) !== model.onnx_sha256) {
    throw new Problem(`${jsonPath} and ${onnxPath} are not of the same training: ${hint}`);
  }
  return model;
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Probabilities of being late from raw columns {hour, weekday, distance, origin, destination}. */
export function score({ trees, history }, raw) {
  return predict(trees, [
    Float32Array.from(raw.hour),
    Float32Array.from(raw.weekday),
    Float32Array.from(raw.distance),
    lookUp(history.origin, raw.origin),
    lookUp(history.destination, raw.destination),
  ]);
}
