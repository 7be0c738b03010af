import { onnxModel } from './onnx-model.ts';

/** Feature by feature, as mlo's convention has it: hour int64, distance float32, origin string -> probability. */
export function lateModel(shift = 0, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return onnxModel({
    inputs: [
      { name: 'hour', type: 'int64', shape: ['N', 1] },
      { name: 'distance', type: 'float32', shape: ['N', 1] },
      { name: 'origin', type: 'string', shape: ['N', 1] },
    ],
    outputs: [{ name: 'probability', type: 'float32', shape: ['N', 1] }],
    nodes: [
      { op: 'Cast', inputs: ['hour'], outputs: ['hour_f'], attributes: { to: { int: 1 } } },
      {
        op: 'LabelEncoder',
        domain: 'ai.onnx.ml',
        inputs: ['origin'],
        outputs: ['origin_f'],
        attributes: {
          keys_strings: { strings: ['ORD', 'JFK', 'SFO'] },
          values_floats: { floats: [0.9, 0.4, -0.3] },
          default_float: { float: 0 },
        },
      },
      {
        op: 'Concat',
        inputs: ['hour_f', 'distance', 'origin_f'],
        outputs: ['x'],
        attributes: { axis: { int: 1 } },
      },
      { op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['z'] },
      { op: 'Sigmoid', inputs: ['z'], outputs: ['probability'] },
    ],
    initializers: [
      { name: 'w', shape: [3, 1], data: [0.07, -0.0003, 1] },
      { name: 'b', shape: [1], data: [-1 + shift] },
    ],
    metadata,
  });
}

/** One matrix of three features -> class label and two probabilities. */
export function matrixModel(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 3] }],
    outputs: [
      { name: 'label', type: 'int64', shape: ['batch'] },
      { name: 'probabilities', type: 'float32', shape: ['batch', 2] },
    ],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['z'] },
      { op: 'Softmax', inputs: ['z'], outputs: ['probabilities'], attributes: { axis: { int: 1 } } },
      {
        op: 'ArgMax',
        inputs: ['z'],
        outputs: ['label'],
        attributes: { axis: { int: 1 }, keepdims: { int: 0 } },
      },
    ],
    initializers: [
      { name: 'w', shape: [3, 2], data: [1, -1, 0.5, 0.25, -2, 2] },
      { name: 'b', shape: [2], data: [0.1, -0.1] },
    ],
    metadata,
  });
}

/** Subtracts the mean of the batch: a model that must never be batched with others' rows. */
export function batchMeanModel(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 2] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 2] }],
    nodes: [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: { ints: [0] } } },
      { op: 'Sub', inputs: ['x', 'm'], outputs: ['y'] },
    ],
  });
}

/** Any shape in, the same shape out: rows have no fixed width. */
export function freeShapeModel(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 'M'] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 'M'] }],
    nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
  });
}
