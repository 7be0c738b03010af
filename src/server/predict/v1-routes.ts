import { decodeV1 } from '#formats/inference/decode-tabular.ts';
import { encodeV1 } from '#formats/inference/encode.ts';
import { parseTolerantJson } from '#formats/inference/tolerant-json.ts';
import { answerRequest } from './answer-request.ts';
import { sendJson, type Exchange } from './exchange.ts';
import { noRoute, wantedModel } from './model-path.ts';

/**
 * TensorFlow Serving's REST API and KServe V1. Both ask GET /v1/models/{m} and expect different bodies: one
 * object satisfies both.
 * https://github.com/tensorflow/serving/blob/master/tensorflow_serving/g3doc/api_rest.md
 */
export async function routeV1(exchange: Exchange, parts: readonly string[]): Promise<void> {
  const { service, response } = exchange;
  const { model, signature } = service.predictor;
  if (parts[0] !== 'models') throw noRoute(exchange.request);
  if (parts.length === 1) {
    sendJson(response, 200, { models: [model.name] });
    return;
  }
  const last = parts.at(-1) ?? '';
  const colon = last.lastIndexOf(':');
  if (colon === -1) {
    wantedModel(exchange, parts.slice(1));
    sendJson(response, service.state.ready ? 200 : 503, modelStatus(exchange));
    return;
  }
  wantedModel(exchange, [...parts.slice(1, -1), last.slice(0, colon)]);
  if (last.slice(colon + 1) !== 'predict') throw noRoute(exchange.request);
  const { decoded, answer } = await answerRequest(exchange, (body, sink) => ({
    form: decodeV1(parseTolerantJson(body.toString('utf8')), signature, sink),
    timeoutMs: undefined,
  }));
  sendJson(response, 200, encodeV1(answer.outputs, decoded.form, answer.rows));
}

function modelStatus({ service }: Exchange): object {
  const { model } = service.predictor;
  const { ready } = service.state;
  return {
    name: model.name,
    ready,
    model_version_status: [
      {
        version: String(model.version),
        state: ready ? 'AVAILABLE' : 'UNLOADING',
        status: { error_code: 'OK', error_message: '' },
      },
    ],
  };
}
