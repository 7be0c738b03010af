import { decodeCsv, decodeInvocations } from '#formats/inference/decode-tabular.ts';
import { encodeInvocations } from '#formats/inference/encode.ts';
import { parseTolerantJson } from '#formats/inference/tolerant-json.ts';
import { MloError } from '#foundation/errors.ts';
import { answerRequest } from './answer-request.ts';
import { sendJson, type Exchange } from './exchange.ts';

/**
 * MLflow's scoring server, which is SageMaker's contract too: POST /invocations with JSON or CSV.
 * https://github.com/mlflow/mlflow/blob/master/mlflow/pyfunc/scoring_server/__init__.py
 */
export async function routeInvocations(exchange: Exchange): Promise<void> {
  const { signature } = exchange.service.predictor;
  const type = (exchange.request.headers['content-type'] ?? 'application/json')
    .split(';')[0]
    ?.trim()
    .toLowerCase();
  if (type !== 'application/json' && type !== 'text/csv') {
    throw new MloError('usage', 'MLO_UNSUPPORTED_MEDIA', 'send application/json or text/csv');
  }
  const { decoded, answer } = await answerRequest(exchange, (body, sink) => {
    const text = body.toString('utf8');
    return {
      timeoutMs: undefined,
      form:
        type === 'text/csv'
          ? decodeCsv(text, signature, sink)
          : decodeInvocations(parseTolerantJson(text), signature, sink),
    };
  });
  sendJson(exchange.response, 200, encodeInvocations(answer.outputs, decoded.form, answer.rows));
}
