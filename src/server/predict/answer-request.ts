import { performance } from 'node:perf_hooks';
import type { RowSink } from '#formats/inference/rows.ts';
import { newPredictionId, type Answer, type Decoded } from '#features/serving/index.ts';
import { MloError } from '#foundation/errors.ts';
import type { Exchange } from './exchange.ts';
import { readBody } from './read-body.ts';

export interface Answered<T> {
  readonly id: string;
  readonly decoded: T;
  readonly answer: Answer;
}

/**
 * The road every prediction takes: body, decode into the queue, engine, log. The prediction id, the bundle
 * and the times go into the headers of the answer.
 */
export async function answerRequest<T extends Decoded>(
  exchange: Exchange,
  decode: (body: Buffer, sink: RowSink) => T,
): Promise<Answered<T>> {
  const { service, request, response } = exchange;
  const { predictor } = service;
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    throw new MloError('usage', 'MLO_METHOD_NOT_ALLOWED', 'predictions are asked with POST');
  }
  const body = await readBody(request, service.bodyLimit);
  const { decoded, answer: promise } = predictor.submit(
    (sink) => decode(body, sink),
    () => response.destroyed,
  );
  const answer = await promise;
  const now = service.now();
  const id = newPredictionId(now);
  service.metrics.answered(answer.rows, answer.batchRows, answer.queueMs / 1000, answer.runMs / 1000);
  service.log?.record(id, now, answer);
  response.setHeader('X-Mlo-Prediction-Id', id);
  response.setHeader('X-Mlo-Model', `${predictor.model.name}/${predictor.model.version}`);
  response.setHeader('X-Mlo-Bundle', predictor.model.digest);
  response.setHeader(
    'Server-Timing',
    `queue;dur=${answer.queueMs.toFixed(3)}, run;dur=${answer.runMs.toFixed(3)}, ` +
      `batch;desc="${answer.batchRows} rows", total;dur=${(performance.now() - exchange.startedAt).toFixed(3)}`,
  );
  return { id, decoded, answer };
}
