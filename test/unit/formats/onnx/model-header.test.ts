import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMloError } from '#foundation/errors.ts';
import { readOnnxHeader } from '#formats/onnx/model-header.ts';
import { onnxModel } from '../../../support/onnx-model.ts';
import { lateModel } from '../../../support/sample-models.ts';

describe('readOnnxHeader', () => {
  it('reads operator sets, operators, metadata and typed inputs and outputs', () => {
    const header = readOnnxHeader(lateModel(0, { 'mlo.classes': 'no,yes' }), 'late.onnx');
    expect(header).toMatchObject({
      irVersion: 8,
      producer: 'mlo-test',
      opsets: { '': 17, 'ai.onnx.ml': 3 },
      metadata: { 'mlo.classes': 'no,yes' },
      ops: ['Cast', 'Concat', 'Gemm', 'Sigmoid', 'ai.onnx.ml.LabelEncoder'],
      externalData: false,
    });
    expect(header.inputs.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['hour', 'int64', [-1, 1]],
      ['distance', 'float32', [-1, 1]],
      ['origin', 'string', [-1, 1]],
    ]);
    expect(header.inputs[0]?.dimNames).toEqual(['N', undefined]);
  });

  it('leaves out initializers that are listed as inputs, and names what is no tensor', () => {
    const header = readOnnxHeader(
      onnxModel({
        inputs: [
          { name: 'x', type: 'float32', shape: ['N', 2] },
          { name: 'w', type: 'float32', shape: [2, 1] },
        ],
        outputs: [{ name: 'output_probability', sequenceOfMaps: true }],
        nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['output_probability'] }],
        initializers: [{ name: 'w', shape: [2, 1], data: [1, 2] }],
      }),
      'm.onnx',
    );
    expect(header.inputs.map((input) => input.name)).toEqual(['x']);
    expect(header.outputs).toEqual([
      { name: 'output_probability', kind: 'sequence', dtype: undefined, shape: [], dimNames: [] },
    ]);
  });

  it('refuses any cut of a model and any garbage with one error that names the file', () => {
    const whole = lateModel();
    const refused = (bytes: Uint8Array): void => {
      try {
        const header = readOnnxHeader(bytes, 'cut.onnx');
        // A cut exactly behind a field may still be a whole, shorter message; then nothing needed is missing.
        expect(header.inputs).toHaveLength(3);
      } catch (error) {
        expect(isMloError(error) && error.code).toBe('MLO_BAD_ONNX');
        expect(String(error)).toContain('cut.onnx');
      }
    };
    for (let length = 0; length < whole.length; length += 1) refused(whole.subarray(0, length));
    expect(() => readOnnxHeader(new Uint8Array(), 'empty.onnx')).toThrow(/empty\.onnx.*IR version/);
    expect(() => readOnnxHeader(Buffer.from('not a model at all'), 'text.onnx')).toThrow(/text\.onnx/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readOnnxHeader(bytes, 'x');
        } catch (error) {
          if (!isMloError(error)) throw error;
        }
      }),
    );
  });
});
