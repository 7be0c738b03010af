import { DTYPES } from '#formats/inference/dtypes.ts';
import { decodeV2 } from '#formats/inference/decode-v2.ts';
import { encodeV2 } from '#formats/inference/encode.ts';
import { requestError } from '#formats/inference/request-error.ts';
import type { SignatureTensor } from '#formats/inference/signature.ts';
import { answerRequest } from './answer-request.ts';
import { sendJson, send, type Exchange, type PredictService } from './exchange.ts';
import { noRoute, wantedModel } from './model-path.ts';

/**
 * Open Inference Protocol (V2) with the binary tensor extension, and the calls of Triton's clients that cost
 * nothing: model configuration and repository index.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export async function routeV2(exchange: Exchange, parts: readonly string[]): Promise<void> {
  const { service, response } = exchange;
  const [first, ...rest] = parts;
  if (first === undefined) {
    sendJson(response, 200, serverMetadata(service));
  } else if (first === 'health') {
    routeHealth(exchange, rest[0]);
  } else if (first === 'repository' && rest[0] === 'index') {
    sendJson(response, 200, repositoryIndex(service));
  } else if (first === 'models') {
    await routeModel(exchange, rest);
  } else {
    throw noRoute(exchange.request);
  }
}

/** KServe's client reads `ready` from one and `live` from the other; Triton's only looks at the status. */
function routeHealth({ service, request, response }: Exchange, which: string | undefined): void {
  const { ready } = service.state;
  if (which === 'live') sendJson(response, 200, { live: true, ready });
  else if (which === 'ready') sendJson(response, ready ? 200 : 503, { live: true, ready });
  else throw noRoute(request);
}

async function routeModel(exchange: Exchange, parts: readonly string[]): Promise<void> {
  const { service, response } = exchange;
  const { name, verb } = wantedModel(exchange, parts);
  const { ready } = service.state;
  switch (verb) {
    case '':
      sendJson(response, 200, modelMetadata(service));
      return;
    case 'ready':
      sendJson(response, ready ? 200 : 503, { name, ready });
      return;
    case 'infer':
      await infer(exchange);
      return;
    case 'config':
      sendJson(response, 200, modelConfiguration(service));
      return;
    default:
      throw noRoute(exchange.request);
  }
}

async function infer(exchange: Exchange): Promise<void> {
  const { service, request, response } = exchange;
  const { signature, model } = service.predictor;
  const jsonLength = headerLength(request.headers['inference-header-content-length']);
  const { id, decoded, answer } = await answerRequest(exchange, (body, sink) => {
    const v2 = decodeV2(body, jsonLength, signature, sink);
    return { ...v2, timeoutMs: v2.timeoutUs === undefined ? undefined : v2.timeoutUs / 1000 };
  });
  const encoded = encodeV2(
    {
      modelName: model.name,
      modelVersion: String(model.version),
      id: decoded.id ?? id,
      parameters: { prediction_id: id, bundle: model.digest },
      outputs: answer.outputs,
    },
    decoded.outputs,
  );
  if (encoded.jsonLength === undefined) {
    send(response, 200, 'application/json', encoded.body);
    return;
  }
  response.setHeader('Inference-Header-Content-Length', encoded.jsonLength);
  send(response, 200, 'application/octet-stream', encoded.body);
}

function headerLength(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const text = Array.isArray(header) ? (header[0] ?? '') : header;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw requestError('Inference-Header-Content-Length', 'expected a number of bytes');
}

function serverMetadata(service: PredictService): object {
  return {
    name: 'mlo',
    version: service.version,
    extensions: ['binary_tensor_data', 'model_configuration', 'model_repository'],
  };
}

function tensorMetadata(tensor: SignatureTensor): object {
  return { name: tensor.name, datatype: DTYPES[tensor.dtype].v2, shape: tensor.shape };
}

function modelMetadata({ predictor }: PredictService): object {
  return {
    name: predictor.model.name,
    versions: [String(predictor.model.version)],
    platform: 'onnxruntime_onnx',
    inputs: predictor.signature.inputs.map(tensorMetadata),
    outputs: predictor.signature.outputs.map(tensorMetadata),
  };
}

/** Dimensions leave out the batch's when the model is batched: Triton's convention. */
function modelConfiguration({ predictor }: PredictService): object {
  const tensor = ({ name, dtype, shape }: SignatureTensor): object => ({
    name,
    data_type: dtype === 'string' ? 'TYPE_STRING' : `TYPE_${DTYPES[dtype].v2}`,
    dims: predictor.batching ? shape.slice(1) : shape,
  });
  return {
    name: predictor.model.name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: predictor.batching ? predictor.limits.batchRows : 0,
    input: predictor.signature.inputs.map(tensor),
    output: predictor.signature.outputs.map(tensor),
  };
}

function repositoryIndex({ predictor, state }: PredictService): object {
  const { name, version } = predictor.model;
  return [{ name, version: String(version), state: state.ready ? 'READY' : 'UNAVAILABLE', reason: '' }];
}
