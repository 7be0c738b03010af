import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPrediction, type Predictor } from '#features/serving/index.ts';
import { silent } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import { startServer, type RunningServer, type ServeOptions } from '#server/index.ts';
import { jsonOf } from '../../../support/http-json.ts';
import { packagedLate, packagedModel, type PackagedModel } from '../../../support/packaged-model.ts';
import { batchMeanModel, freeShapeModel, matrixModel } from '../../../support/sample-models.ts';

async function serving(
  model: PackagedModel,
  options: Partial<ServeOptions> & { limits?: Parameters<PackagedModel['load']>[0] } = {},
): Promise<RunningServer & { readonly predictor: Predictor }> {
  const predictor = await model.load(options.limits);
  const server = await startServer({
    predictor,
    host: '127.0.0.1',
    port: 0,
    logDir: joinPath(model.project.paths.predictionsDir, predictor.model.name),
    version: '1.2.3',
    graceSeconds: 0,
    report: silent,
    now: () => Date.now(),
    ...options,
  });
  onTestFinished(async () => void (await server.stop()));
  return { ...server, predictor };
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const RECORDS = [
  { hour: 18, distance: 500, origin: 'ORD' },
  { hour: 6, distance: 1000, origin: 'ZZZ' },
];
const V2 = {
  inputs: [
    { name: 'hour', shape: [2, 1], datatype: 'INT64', data: [18, 6] },
    { name: 'distance', shape: [2, 1], datatype: 'FP32', data: [500, 1000] },
    { name: 'origin', shape: [2, 1], datatype: 'BYTES', data: ['ORD', 'ZZZ'] },
  ],
};
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const EXPECTED = [sigmoid(18 * 0.07 - 0.15 + 0.9 - 1), sigmoid(6 * 0.07 - 0.3 - 1)];

function near(values: unknown): void {
  const numbers = (values as (number | number[])[]).flat();
  expect(numbers).toHaveLength(2);
  for (const [at, value] of EXPECTED.entries()) expect(numbers[at]).toBeCloseTo(value, 5);
}

describe('every protocol answers the same rows alike', () => {
  it('V2, V1, MLflow, CSV, gzip; with an id that is logged', async () => {
    const model = await packagedLate();
    const server = await serving(model);
    const v2 = await post(`${server.url}/v2/models/late/infer`, { ...V2, id: 'mine' });
    const id = v2.headers.get('x-mlo-prediction-id') ?? '';
    expect(v2.headers.get('x-mlo-bundle')).toBe(model.digest);
    expect(v2.headers.get('server-timing')).toMatch(/^queue;dur=.*run;dur=.*batch;desc="2 rows"/);
    const answer = await jsonOf(v2);
    expect(answer).toMatchObject({
      model_name: 'late',
      model_version: '1',
      id: 'mine',
      parameters: { prediction_id: id, bundle: model.digest },
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [2, 1] }],
    });
    near(answer.outputs[0].data);
    const versioned = await post(`${server.url}/v2/models/late/versions/1/infer`, V2);
    expect((await jsonOf(versioned)).id).toMatch(/^pred_[0-9a-f]{32}$/);
    near(
      (await jsonOf(await post(`${server.url}/v1/models/late:predict`, { instances: RECORDS }))).predictions,
    );
    near(
      (
        await jsonOf(
          await post(`${server.url}/v1/models/late/versions/1:predict`, {
            inputs: { hour: [18, 6], distance: [500, 1000], origin: ['ORD', 'ZZZ'] },
          }),
        )
      ).outputs,
    );
    near((await jsonOf(await post(`${server.url}/invocations`, { dataframe_records: RECORDS }))).predictions);
    const csv = 'hour,distance,origin\n18,500,ORD\n6,1000,ZZZ\n';
    near(
      (
        await jsonOf(
          await post(`${server.url}/invocations`, csv, { 'content-type': 'text/csv; charset=utf-8' }),
        )
      ).predictions,
    );
    const zipped = await fetch(`${server.url}/v2/models/late/infer`, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(V2)),
    });
    near((await jsonOf(zipped)).outputs[0].data);
    await server.stop();
    const logged = await findPrediction({ project: model.project, id });
    expect(logged).toMatchObject({
      model: 'late',
      version: 1,
      bundle: model.digest,
      rows: 2,
      inputs: { hour: [18, 6], origin: ['ORD', 'ZZZ'] },
    });
  });

  it('binary tensors in and out, without a content type, as tritonclient sends them', async () => {
    const server = await serving(await packagedModel(matrixModel()));
    const header = JSON.stringify({
      inputs: [{ name: 'x', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } }],
      parameters: { binary_data_output: true },
    });
    const body = Buffer.concat([Buffer.from(header), Buffer.from(Float32Array.of(1, 2, 0.5).buffer)]);
    const response = await raw(server, '/v2/models/m/infer', body, {
      'inference-header-content-length': String(header.length),
    });
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/octet-stream');
    const length = Number(response.headers['inference-header-content-length']);
    const json = JSON.parse(response.body.toString('utf8', 0, length));
    expect(json.outputs).toMatchObject([
      { name: 'label', datatype: 'INT64', shape: [1], parameters: { binary_data_size: 8 } },
      { name: 'probabilities', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
    ]);
    // z = [1 + 1 - 1 + 0.1, -1 + 0.5 + 1 - 0.1]
    const [a, b] = [Math.exp(1.1), Math.exp(0.4)];
    expect(response.body.readBigInt64LE(length)).toBe(0n);
    expect(response.body.readFloatLE(length + 8)).toBeCloseTo(a / (a + b), 5);
    const rawRequest = await raw(
      server,
      '/v2/models/m/infer',
      Buffer.from(Float32Array.of(1, 2, 0.5).buffer),
      { 'inference-header-content-length': '0' },
    );
    const rawLength = Number(rawRequest.headers['inference-header-content-length']);
    expect(rawRequest.body.readFloatLE(rawLength + 8)).toBe(response.body.readFloatLE(length + 8));
  });
});

describe('health, metadata and metrics', () => {
  it('satisfies KServe, Triton, TensorFlow Serving and MLflow clients', async () => {
    const server = await serving(await packagedLate());
    const get = async (path: string) => {
      const response = await fetch(`${server.url}${path}`);
      return { status: response.status, text: await response.text() };
    };
    const json = async (path: string) => JSON.parse((await get(path)).text);
    expect(await json('/v2/health/live')).toEqual({ live: true, ready: true });
    expect(await json('/v2/health/ready')).toEqual({ live: true, ready: true });
    expect((await json('/v2')).extensions).toContain('binary_tensor_data');
    expect(await json('/v2/models/late')).toEqual({
      name: 'late',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'hour', datatype: 'INT64', shape: [-1, 1] },
        { name: 'distance', datatype: 'FP32', shape: [-1, 1] },
        { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
    });
    expect(await json('/v2/models/late/ready')).toEqual({ name: 'late', ready: true });
    expect(await json('/v2/models/late/config')).toMatchObject({
      max_batch_size: 1024,
      input: [{ data_type: 'TYPE_INT64', dims: [1] }, {}, { data_type: 'TYPE_STRING' }],
    });
    expect(await json('/v1/models/late')).toMatchObject({
      name: 'late',
      ready: true,
      model_version_status: [{ version: '1', state: 'AVAILABLE' }],
    });
    expect(await json('/v1/models')).toEqual({ models: ['late'] });
    expect(await get('/ping')).toEqual({ status: 200, text: '\n' });
    expect(await get('/version')).toEqual({ status: 200, text: '1.2.3' });
    expect(await json('/')).toMatchObject({ status: 'alive' });
    await post(`${server.url}/v2/models/late/infer`, V2);
    await post(`${server.url}/v2/models/late/infer`, '{');
    const { text } = await get('/metrics');
    expect(text).toMatch(/^mlo_rows_total\{model="late",version="1"\} 2$/m);
    expect(text).toMatch(/^mlo_requests_total\{model="late",version="1",protocol="v2",code="200"\} 1$/m);
    expect(text).toMatch(/^mlo_requests_total\{model="late",version="1",protocol="v2",code="400"\} 1$/m);
    expect(text).toMatch(/^mlo_request_duration_seconds_bucket\{.*le="\+Inf"\} 1$/m);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[^}]*\})? -?[0-9.e+-]+)$/);
    }
  });
});

describe('bad input gets one clear answer', () => {
  it.each<[string, string, unknown, number, RegExp]>([
    ['not JSON', '/v2/models/late/infer', '{"inputs": [', 400, /not JSON/],
    ['unknown model', '/v2/models/other/infer', V2, 404, /no model "other"; this server has "late"/],
    ['unknown version', '/v2/models/late/versions/9/infer', V2, 404, /no version "9"/],
    ['unknown route', '/v2/models/late/explain', V2, 404, /no route/],
    [
      'wrong dtype',
      '/v2/models/late/infer',
      { inputs: [{ ...V2.inputs[0], datatype: 'FP64' }] },
      400,
      /datatype: expected INT64/,
    ],
    [
      'missing column',
      '/v1/models/late:predict',
      { instances: [{ hour: 1, distance: 2 }] },
      400,
      /origin: the column is missing/,
    ],
    [
      'unknown column',
      '/invocations',
      { dataframe_records: [{ ...RECORDS[0], carrier: 'AA' }] },
      400,
      /carrier: unknown column/,
    ],
    ['verb', '/v1/models/late:regress', {}, 404, /no route/],
  ])('%s', async (...[, path, body, status, message]) => {
    const server = await serving(await packagedLate());
    const response = await post(`${server.url}${path}`, body);
    const answer = await jsonOf(response);
    expect({ status: response.status, error: answer.error }).toEqual({
      status,
      error: expect.stringMatching(message),
    });
    expect(JSON.stringify(answer)).not.toMatch(/\bat .*\.ts:\d|node_modules/);
  });

  it('names the field, the allowed method and the types it takes', async () => {
    const server = await serving(await packagedLate());
    const wrong = await post(`${server.url}/v1/models/late:predict`, {
      instances: [{ ...RECORDS[0], hour: 'six' }],
    });
    expect(await jsonOf(wrong)).toMatchObject({ field: 'hour (row 0)', code: 'MLO_BAD_REQUEST' });
    const got = await fetch(`${server.url}/v2/models/late/infer`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const xml = await post(`${server.url}/invocations`, '<a/>', { 'content-type': 'application/xml' });
    expect([xml.status, (await jsonOf(xml)).error_code]).toEqual([415, 'BAD_REQUEST']);
    expect((await post(`${server.url}/invocations`, { nothing: 1 })).status).toBe(400);
  });

  it('bounds the body: announced, streamed and inflated', async () => {
    const server = await serving(await packagedLate(), { bodyLimit: 1000 });
    const url = `${server.url}/v2/models/late/infer`;
    expect((await post(url, ' '.repeat(1001))).status).toBe(413);
    const streamed = await raw(server, '/v2/models/late/infer', ['x'.repeat(600), 'x'.repeat(600)], {});
    expect(streamed.status).toBe(413);
    const bomb = await fetch(url, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(1 << 20)),
    });
    expect(bomb.status).toBe(413);
    const torn = await fetch(url, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: 'not gzip',
    });
    expect(torn.status).toBe(400);
    expect((await post(url, V2)).status).toBe(200);
  });

  it('sheds with 429 and Retry-After when the queue is full, and refuses what can never fit', async () => {
    const server = await serving(await packagedLate(), { limits: { queueRows: 2 } });
    const url = `${server.url}/v2/models/late/infer`;
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const response = await post(url, V2);
        await response.text();
        return [response.status, response.headers.get('retry-after')] as const;
      }),
    );
    expect(statuses.every(([status, after]) => status === 200 || (status === 429 && after === '1'))).toBe(
      true,
    );
    expect(statuses.some(([status]) => status === 200)).toBe(true);
    expect(
      (
        await post(`${server.url}/v1/models/late:predict`, {
          instances: [RECORDS[0], RECORDS[0], RECORDS[0]],
        })
      ).status,
    ).toBe(413);
  });

  it('gives up a request whose deadline has passed', async () => {
    const server = await serving(await packagedLate());
    const response = await post(`${server.url}/v2/models/late/infer`, {
      ...V2,
      parameters: { timeout: 0.001 },
    });
    expect([response.status, (await jsonOf(response)).code]).toEqual([504, 'MLO_DEADLINE']);
  });

  it('survives clients that hang up in the middle', async () => {
    const server = await serving(await packagedLate());
    for (let at = 0; at < 5; at += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write('POST /v2/models/late/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"inp');
          socket.destroy();
          resolve();
        });
      });
    }
    expect((await post(`${server.url}/v2/models/late/infer`, V2)).status).toBe(200);
  });
});

describe('models that cannot be batched', () => {
  it('answers each request by itself under load', async () => {
    const server = await serving(await packagedModel(batchMeanModel()));
    const ask = async (rows: number[][]) =>
      (await jsonOf(await post(`${server.url}/v1/models/m:predict`, { instances: rows }))).predictions;
    const answers = await Promise.all([
      ask([
        [1, 2],
        [3, 4],
      ]),
      ask([[10, 10]]),
      ask([
        [0, 0],
        [8, 8],
      ]),
    ]);
    expect(answers).toEqual([
      [
        [-1, -1],
        [1, 1],
      ],
      [[0, 0]],
      [
        [-4, -4],
        [4, 4],
      ],
    ]);
  });

  it('serves tensors of any shape', async () => {
    const server = await serving(await packagedModel(freeShapeModel()));
    const body = { inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] };
    const response = await jsonOf(await post(`${server.url}/v2/models/m/infer`, body));
    expect(response.outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [1, 4], data: [-1, -2, -3, -4] },
    ]);
    const huge = { inputs: [{ name: 'x', shape: [1, 1e9], datatype: 'FP32', data: [[1]] }] };
    expect((await post(`${server.url}/v2/models/m/infer`, huge)).status).toBe(400);
    expect((await post(`${server.url}/invocations`, { dataframe_records: [{ x: 1 }] })).status).toBe(400);
  });
});

describe('stopping', () => {
  it('is not ready at once, still answers what comes, then is gone', async () => {
    const server = await serving(await packagedLate(), { graceSeconds: 0.3 });
    const url = `${server.url}/v2/models/late/infer`;
    expect((await post(url, V2)).status).toBe(200);
    const stopped = server.stop();
    const ready = await fetch(`${server.url}/v2/health/ready`);
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
    expect((await fetch(`${server.url}/ping`)).status).toBe(503);
    expect((await post(url, V2)).status).toBe(200);
    expect(await stopped).toMatchObject({ model: 'late/1', requests: 2, rows: 4, failed: 0 });
    await expect(post(url, V2)).rejects.toThrow();
  });

  it('says so when the port is taken', async () => {
    const model = await packagedLate();
    const server = await serving(model);
    await expect(serving(model, { port: server.port })).rejects.toMatchObject({ code: 'MLO_PORT_IN_USE' });
  });
});

interface RawResponse {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function raw(
  server: RunningServer,
  path: string,
  body: Buffer | readonly string[],
  headers: Record<string, string>,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: server.port, host: '127.0.0.1', path, method: 'POST', headers },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (chunk: Buffer) => parts.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
        );
      },
    );
    request.on('error', reject);
    if (Buffer.isBuffer(body)) {
      request.end(body);
      return;
    }
    for (const chunk of body) request.write(chunk);
    request.end();
  });
}
