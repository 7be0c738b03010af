import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { httpErrorOf } from '../error-table.ts';
import { send, sendJson, type ErrorForm, type Exchange, type PredictService } from './exchange.ts';
import { routeInvocations } from './invocations.ts';
import { noRoute } from './model-path.ts';
import { routeV1 } from './v1-routes.ts';
import { routeV2 } from './v2-routes.ts';

/** Bytes of a refused body that are read and thrown away, so that the client gets to see the refusal. */
const MOST_IGNORED = 64 << 20;

/** Answers one request; never rejects. */
export async function handleRequest(
  service: PredictService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange: Exchange = { service, request, response, startedAt: performance.now() };
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  const protocol = protocolOf(parts);
  // A client that keeps its connection must learn that it is time to go elsewhere.
  if (!service.state.ready) response.setHeader('Connection', 'close');
  try {
    await route(exchange, parts);
  } catch (error) {
    sendError(exchange, error, protocol === 'mlflow' ? 'mlflow' : 'open');
  }
  if (isPrediction(parts)) {
    const seconds = (performance.now() - exchange.startedAt) / 1000;
    service.metrics.request(protocol, response.statusCode, seconds);
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function protocolOf(parts: readonly string[]): string {
  if (parts[0] === 'v2') return 'v2';
  if (parts[0] === 'v1') return 'v1';
  return 'mlflow';
}

function isPrediction(parts: readonly string[]): boolean {
  const last = parts.at(-1) ?? '';
  return last === 'infer' || last === 'invocations' || last.endsWith(':predict');
}

async function route(exchange: Exchange, parts: readonly string[]): Promise<void> {
  const { service, response } = exchange;
  switch (parts[0]) {
    case 'v2':
      await routeV2(exchange, parts.slice(1));
      return;
    case 'v1':
      await routeV1(exchange, parts.slice(1));
      return;
    case 'invocations':
      await routeInvocations(exchange);
      return;
    case 'ping':
    case 'health':
      send(response, service.state.ready ? 200 : 503, 'application/json', '\n');
      return;
    case 'version':
      send(response, 200, 'text/plain; charset=utf-8', service.version);
      return;
    case 'metrics':
      send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(service));
      return;
    case undefined:
      // KServe V1's liveness probe.
      sendJson(response, 200, { status: 'alive', model: service.predictor.model, version: service.version });
      return;
    default:
      throw noRoute(exchange.request);
  }
}

function metricsText(service: PredictService): string {
  return service.metrics.text({
    ready: service.state.ready,
    queuedRows: service.predictor.queuedRows(),
    connections: service.connections(),
    logDropped: service.log?.dropped() ?? 0,
  });
}

function sendError({ request, response }: Exchange, error: unknown, form: ErrorForm): void {
  const { status, code, message, field } = httpErrorOf(error);
  if (response.destroyed || response.headersSent) {
    response.statusCode = status;
    response.destroy();
    return;
  }
  if (status === 429 || status === 503) response.setHeader('Retry-After', '1');
  if (!request.complete) {
    response.setHeader('Connection', 'close');
    ignoreRest(request);
  }
  const body = field === undefined ? { error: message, code } : { error: message, code, field };
  sendJson(response, status, form === 'mlflow' ? { ...body, error_code: mlflowCode(status), message } : body);
}

/** A connection that is closed while the client still sends loses the answer with it. */
function ignoreRest(request: IncomingMessage): void {
  let ignored = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    ignored += chunk.length;
    if (ignored > MOST_IGNORED) request.destroy();
  });
  request.resume();
}

function mlflowCode(status: number): string {
  if (status === 404) return 'RESOURCE_DOES_NOT_EXIST';
  if (status === 429) return 'REQUEST_LIMIT_EXCEEDED';
  if (status === 503 || status === 504) return 'TEMPORARILY_UNAVAILABLE';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR';
}
