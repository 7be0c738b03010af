import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMloError } from '#foundation/errors.ts';
import { decodeCsv, decodeInvocations, decodeV1 } from '#formats/inference/decode-tabular.ts';
import { decodeV2 } from '#formats/inference/decode-v2.ts';
import { encodeInvocations, encodeV1, encodeV2, type NamedTensor } from '#formats/inference/encode.ts';
import { batchFor, type FeedBatch } from '#formats/inference/rows.ts';
import { signatureOf, type ModelSignature } from '#formats/inference/signature.ts';
import { parseTolerantJson } from '#formats/inference/tolerant-json.ts';
import { readOnnxHeader } from '#formats/onnx/model-header.ts';
import { freeShapeModel, lateModel, matrixModel } from '../../../support/sample-models.ts';

const late = signatureOf(readOnnxHeader(lateModel(), 'late.onnx'), 'late.onnx');
const matrix = signatureOf(readOnnxHeader(matrixModel({ 'mlo.columns': 'a,b,c' }), 'm.onnx'), 'm.onnx');
const free = signatureOf(readOnnxHeader(freeShapeModel(), 'f.onnx'), 'f.onnx');

function decoded(signature: ModelSignature, decode: (batch: FeedBatch) => unknown): Record<string, unknown> {
  const batch = batchFor(signature);
  decode(batch);
  return Object.fromEntries(Object.entries(batch.feeds()).map(([name, { data }]) => [name, [...data]]));
}

const v2 = (body: unknown, signature = late): Record<string, unknown> =>
  decoded(signature, (batch) => decodeV2(Buffer.from(JSON.stringify(body)), undefined, signature, batch));
const v1 = (body: unknown, signature = late): Record<string, unknown> =>
  decoded(signature, (batch) => decodeV1(body, signature, batch));
const invocations = (body: unknown, signature = late): Record<string, unknown> =>
  decoded(signature, (batch) => decodeInvocations(body, signature, batch));

const HOURS = { name: 'hour', shape: [2, 1], datatype: 'INT64', data: [[18], [6]] };
const DISTANCES = { name: 'distance', shape: [2, 1], datatype: 'FP32', data: [500.5, 1000] };
const ORIGINS = { name: 'origin', shape: [2], datatype: 'BYTES', data: ['ORD', 'JFK'] };
const TWO_ROWS = { hour: [18n, 6n], distance: [500.5, 1000], origin: ['ORD', 'JFK'] };

describe('one request in every protocol', () => {
  it('gives the same rows', () => {
    expect(v2({ inputs: [HOURS, DISTANCES, ORIGINS] })).toEqual(TWO_ROWS);
    const records = [
      { hour: 18, distance: 500.5, origin: 'ORD' },
      { hour: 6, distance: 1000, origin: 'JFK' },
    ];
    expect(v1({ instances: records })).toEqual(TWO_ROWS);
    expect(v1({ instances: records.map((row) => ({ ...row, hour: [row.hour] })) })).toEqual(TWO_ROWS);
    expect(v1({ inputs: { hour: [18, 6], distance: [[500.5], [1000]], origin: ['ORD', 'JFK'] } })).toEqual(
      TWO_ROWS,
    );
    expect(invocations({ dataframe_records: records })).toEqual(TWO_ROWS);
    const split = {
      columns: ['origin', 'hour', 'distance'],
      data: [
        ['ORD', 18, 500.5],
        ['JFK', 6, 1000],
      ],
    };
    expect(invocations({ dataframe_split: split })).toEqual(TWO_ROWS);
    const csv = 'distance,origin,hour\n500.5,"ORD",18\r\n1000,JFK,6\n';
    expect(decoded(late, (batch) => decodeCsv(csv, late, batch))).toEqual(TWO_ROWS);
  });

  it('takes matrices by column names and as they are', () => {
    const rows = { x: [1, 2, 3, 4, 5, 6] };
    expect(
      v1(
        {
          instances: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
        matrix,
      ),
    ).toEqual(rows);
    expect(
      v1(
        {
          inputs: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
        matrix,
      ),
    ).toEqual(rows);
    expect(
      invocations(
        {
          dataframe_records: [
            { c: 3, a: 1, b: 2 },
            { a: 4, b: 5, c: 6 },
          ],
        },
        matrix,
      ),
    ).toEqual(rows);
    expect(
      v2({ inputs: [{ name: 'x', shape: [2, 3], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] }] }, matrix),
    ).toEqual(rows);
    expect(v2({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [[7, 8]] }] }, free)).toEqual({
      x: [7, 8],
    });
  });
});

describe('the binary tensor extension', () => {
  it('reads tensors that start at any byte, and text as length and bytes', () => {
    const header = JSON.stringify({
      inputs: [
        { ...HOURS, data: undefined, parameters: { binary_data_size: 16 } },
        DISTANCES,
        { ...ORIGINS, data: undefined, parameters: { binary_data_size: 14 } },
      ],
      parameters: { binary_data_output: true },
    });
    const binary = Buffer.alloc(30);
    binary.writeBigInt64LE(18n, 0);
    binary.writeBigInt64LE(6n, 8);
    for (const [at, text] of ['ORD', 'JFK'].entries()) {
      binary.writeUInt32LE(3, 16 + at * 7);
      binary.write(text, 20 + at * 7);
    }
    const body = Buffer.concat([Buffer.from(header), binary]);
    expect(decoded(late, (batch) => decodeV2(body, header.length, late, batch))).toEqual(TWO_ROWS);
    const short = body.subarray(0, -1);
    expect(() => decodeV2(short, header.length, late, batchFor(late))).toThrow(/shorter than announced/);
  });

  it('writes outputs behind the JSON and says where it ends', () => {
    const outputs: NamedTensor[] = [
      { name: 'y', type: 'float32', dims: [2], data: Float32Array.of(1.5, NaN) },
    ];
    const answer = { modelName: 'm', modelVersion: '1', id: 'i', parameters: {}, outputs };
    const { body, jsonLength } = encodeV2(answer, [{ name: 'y', binary: true }]);
    expect(JSON.parse(body.toString('utf8', 0, jsonLength)).outputs[0].parameters).toEqual({
      binary_data_size: 8,
    });
    expect(body.readFloatLE(Number(jsonLength))).toBe(1.5);
    const text = encodeV2(answer, [{ name: 'y', binary: false }]).body.toString();
    expect(JSON.parse(text).outputs[0].data).toEqual([1.5, null]);
  });
});

describe('numbers JSON cannot hold', () => {
  it('reads NaN and infinities as Python writes them, but not inside text', () => {
    expect(parseTolerantJson('{"a":[NaN,-Infinity,Infinity,"NaN, \\"Infinity"]}')).toEqual({
      a: [null, -Infinity, Infinity, 'NaN, "Infinity'],
    });
    expect(() => parseTolerantJson('{"a":NaNa}')).toThrow(/not JSON/);
  });

  it('writes them as bare tokens for Python clients', () => {
    const outputs: NamedTensor[] = [
      { name: 'y', type: 'float64', dims: [3], data: Float64Array.of(NaN, Infinity, -1) },
    ];
    expect(encodeV1(outputs, 'rows', 3)).toBe('{"predictions":[NaN,Infinity,-1]}');
  });

  it('keeps integers beyond 2^53 and gives float32 back bit for bit', () => {
    const big = 9007199254740993n;
    const request = {
      inputs: [
        { ...HOURS, shape: [1, 1], data: [String(big)] },
        { ...DISTANCES, shape: [1, 1], data: [0.1] },
        { ...ORIGINS, shape: [1], data: [''] },
      ],
    };
    expect(v2(request)).toMatchObject({ hour: [big] });
    const int: NamedTensor = { name: 'n', type: 'int64', dims: [1], data: BigInt64Array.of(big) };
    expect(encodeV1([int], 'columns', 1)).toBe('{"outputs":[9007199254740993]}');
    for (let at = 0; at < 500; at += 1) {
      const value = Math.fround(Math.sin(at) * 10 ** ((at % 60) - 30));
      const data = Float32Array.of(value);
      const text = encodeV1([{ name: 'y', type: 'float32', dims: [1], data }], 'columns', 1);
      expect(Math.fround(JSON.parse(text).outputs[0])).toBe(value);
    }
  });
});

describe('answers by row and by tensor', () => {
  const label: NamedTensor = { name: 'label', type: 'int64', dims: [2], data: BigInt64Array.of(0n, 1n) };
  const p: NamedTensor = { name: 'p', type: 'float32', dims: [2, 1], data: Float32Array.of(0.25, 0.5) };

  it('drops the name of a single tensor and keeps its shape; data frames get plain values', () => {
    expect(encodeV1([p], 'rows', 2)).toBe('{"predictions":[[0.25],[0.5]]}');
    expect(encodeV1([p], 'columns', 2)).toBe('{"outputs":[[0.25],[0.5]]}');
    expect(encodeInvocations([p], 'frame', 2)).toBe('{"predictions":[0.25,0.5]}');
    expect(encodeV1([label, p], 'rows', 2)).toBe(
      '{"predictions":[{"label":0,"p":[0.25]},{"label":1,"p":[0.5]}]}',
    );
    expect(encodeInvocations([label, p], 'frame', 2)).toBe(
      '{"predictions":[{"label":0,"p":0.25},{"label":1,"p":0.5}]}',
    );
    expect(encodeV1([label, p], 'columns', 2)).toBe('{"outputs":{"label":[0,1],"p":[[0.25],[0.5]]}}');
  });
});

describe('bad requests name what is wrong', () => {
  const row = { hour: 1, distance: 2, origin: 'ORD' };
  it.each<[string, () => unknown, RegExp]>([
    ['missing column', () => v1({ instances: [{ hour: 1, distance: 2 }] }), /origin: the column is missing/],
    [
      'missing column in a later row',
      () => invocations({ dataframe_records: [row, { hour: 1, origin: 'x' }] }),
      /\[1\]\.distance: the column is missing/,
    ],
    [
      'unknown column',
      () => v1({ instances: [{ ...row, carrier: 'AA' }] }),
      /carrier: unknown column; the model takes hour, distance, origin/,
    ],
    [
      'wrong type',
      () => v1({ instances: [{ ...row, hour: 'six' }] }),
      /hour \(row 0\): expected a whole number \(int64\), found "six"/,
    ],
    ['fraction for an integer', () => v1({ instances: [{ ...row, hour: 1.5 }] }), /hour .*found 1\.5/],
    ['number for text', () => v1({ instances: [{ ...row, origin: 7 }] }), /origin .*expected text, found 7/],
    [
      'text for a number',
      () => decoded(late, (b) => decodeCsv('hour,distance,origin\n1,far,ORD\n', late, b)),
      /distance .*expected a number, found "far"/,
    ],
    ['no rows', () => v1({ instances: [] }), /no rows/],
    ['both forms', () => v1({ instances: [row], inputs: {} }), /exactly one of/],
    ['not an object', () => v1([1]), /must be a JSON object/],
    [
      'ragged split',
      () => invocations({ dataframe_split: { columns: ['hour', 'distance', 'origin'], data: [[1, 2]] } }),
      /2 values for 3 columns/,
    ],
    [
      'ragged tensor',
      () =>
        v1(
          {
            instances: [
              [1, 2, 3],
              [4, 5],
            ],
          },
          matrix,
        ),
      /ragged/,
    ],
    ['wrong width', () => v1({ inputs: [[1, 2]] }, matrix), /expected shape \[-1, 3\], found \[1, 2\]/],
    [
      'different rows',
      () => v1({ inputs: { hour: [1], distance: [1, 2], origin: ['x'] } }),
      /distance: 2 rows, other inputs have 1/,
    ],
    [
      'V2 wrong datatype',
      () => v2({ inputs: [{ ...HOURS, datatype: 'FP32' }, DISTANCES, ORIGINS] }),
      /inputs\[0\] \(hour\)\.datatype: expected INT64, found "FP32"/,
    ],
    [
      'V2 wrong shape',
      () => v2({ inputs: [{ ...HOURS, shape: [2, 2] }, DISTANCES, ORIGINS] }),
      /hour\)\.shape: expected \[-1, 1\], found \[2, 2\]/,
    ],
    [
      'V2 too little data',
      () => v2({ inputs: [{ ...HOURS, data: [1] }, DISTANCES, ORIGINS] }),
      /1 elements, but its shape says 2/,
    ],
    ['V2 missing tensor', () => v2({ inputs: [HOURS, DISTANCES] }), /"origin" is missing/],
    [
      'V2 unknown tensor',
      () => v2({ inputs: [{ ...HOURS, name: 'minute' }] }),
      /no input "minute"; it has hour, distance, origin/,
    ],
    [
      'V2 unknown output',
      () => v2({ inputs: [HOURS, DISTANCES, ORIGINS], outputs: [{ name: 'nope' }] }),
      /outputs\[0\]\.name: the model has no output "nope"/,
    ],
    [
      'V2 huge shape',
      () => v2({ inputs: [{ ...HOURS, shape: [1e12, 1], data: [1] }, DISTANCES, ORIGINS] }),
      /more than the body holds/,
    ],
    [
      'V2 lost digits',
      () =>
        v2({
          inputs: [
            { ...HOURS, shape: [1, 1], data: [2 ** 60] },
            { ...DISTANCES, shape: [1, 1], data: [1] },
            { ...ORIGINS, shape: [1], data: ['x'] },
          ],
        }),
      /beyond 2\^53/,
    ],
  ])('%s', (_name, decode, message) => {
    expect(decode).toThrow(message);
    expect(decode).toThrow(expect.objectContaining({ code: 'MLO_BAD_REQUEST' }));
  });
});

describe('signatureOf', () => {
  it('names columns by the hints, the metadata, or the inputs', () => {
    const header = readOnnxHeader(matrixModel(), 'm.onnx');
    expect(signatureOf(header, 'm').columns.map((c) => c.name)).toEqual(['x_0', 'x_1', 'x_2']);
    expect(matrix.columns.map((c) => [c.name, c.input, c.index])).toEqual([
      ['a', 'x', 0],
      ['b', 'x', 1],
      ['c', 'x', 2],
    ]);
    const hints = { columns: [{ name: 'p' }, { name: 'q' }, { name: 'r' }], classes: ['no', 'yes'] };
    expect(signatureOf(header, 'm', hints)).toMatchObject({ classes: ['no', 'yes'] });
    const reordered = {
      columns: [{ name: 'origin' }, { name: 'hour', dtype: 'int64' }, { name: 'distance' }],
    };
    const bound = signatureOf(readOnnxHeader(lateModel(), 'l'), 'l', reordered);
    expect(bound.columns.map((c) => [c.name, c.input])).toEqual([
      ['origin', 'origin'],
      ['hour', 'hour'],
      ['distance', 'distance'],
    ]);
  });

  it('refuses hints the graph contradicts', () => {
    const header = readOnnxHeader(lateModel(), 'late.onnx');
    expect(() => signatureOf(header, 'late.onnx', { columns: [{ name: 'hour' }] })).toThrow(
      /names 1 columns, the graph takes 3/,
    );
    const wrong = { columns: [{ name: 'hour', dtype: 'string' }, { name: 'distance' }, { name: 'origin' }] };
    expect(() => signatureOf(header, 'late.onnx', wrong)).toThrow(/"hour" is string, the graph takes int64/);
  });
});

describe('hostile requests', () => {
  /** Values that look like requests: right keys, wrong insides. */
  const shape = fc.array(fc.oneof(fc.integer({ min: -2, max: 5 }), fc.constant(1e12), fc.constant(0.5)), {
    maxLength: 3,
  });
  const tensor = fc.record(
    {
      name: fc.constantFrom('x', 'hour', 'distance', 'origin', '__proto__'),
      shape: fc.oneof(shape, fc.jsonValue()),
      datatype: fc.constantFrom('FP32', 'INT64', 'BYTES', 'BOOL'),
      data: fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(fc.oneof(fc.double(), fc.string()), { maxLength: 4 }),
      ),
      parameters: fc.oneof(fc.jsonValue(), fc.record({ binary_data_size: fc.integer({ min: -1, max: 64 }) })),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { inputs: fc.oneof(fc.array(tensor, { maxLength: 4 }), fc.jsonValue()), outputs: fc.jsonValue() },
      { requiredKeys: ['inputs'] },
    ),
    fc.record({
      instances: fc.array(
        fc.dictionary(fc.constantFrom('hour', 'distance', 'origin', 'x', '__proto__'), fc.jsonValue()),
      ),
    }),
    fc.record({ dataframe_split: fc.record({ columns: fc.jsonValue(), data: fc.jsonValue() }) }),
  );

  it('are answered or refused by name, never anything else', () => {
    const clean = (decode: () => unknown): void => {
      try {
        decode();
      } catch (error) {
        if (!isMloError(error) || error.code !== 'MLO_BAD_REQUEST') throw error;
      }
    };
    fc.assert(
      fc.property(
        body,
        fc.constantFrom(late, matrix, free),
        fc.integer({ min: 0, max: 400 }),
        (value, signature, cut) => {
          const bytes = Buffer.from(JSON.stringify(value));
          clean(() => decodeV2(bytes, undefined, signature, batchFor(signature)));
          clean(() =>
            decodeV2(Buffer.concat([bytes, Buffer.alloc(32)]), bytes.length, signature, batchFor(signature)),
          );
          clean(() => decodeV2(bytes, cut, signature, batchFor(signature)));
          clean(() => decodeV1(value, signature, batchFor(signature)));
          clean(() => decodeInvocations(value, signature, batchFor(signature)));
          clean(() => decodeCsv(bytes.toString(), signature, batchFor(signature)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
