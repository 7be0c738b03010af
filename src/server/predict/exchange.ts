import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Predictor, PredictionLog } from '#features/serving/index.ts';
import type { PredictMetrics } from './metrics.ts';

/** What the routes share. `state` changes while the server lives. */
export interface PredictService {
  readonly predictor: Predictor;
  readonly log: PredictionLog | undefined;
  readonly metrics: PredictMetrics;
  readonly state: { ready: boolean };
  /** Largest body in bytes, compressed or not. */
  readonly bodyLimit: number;
  /** Version of mlo. */
  readonly version: string;
  now(): number;
  connections(): number;
}

/** How a protocol words its errors. */
export type ErrorForm = 'open' | 'mlflow';

/** One request being answered. */
export interface Exchange {
  readonly service: PredictService;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Milliseconds, monotonic. */
  readonly startedAt: number;
}

export function sendJson(response: ServerResponse, status: number, body: string | object): void {
  send(response, status, 'application/json', typeof body === 'string' ? body : JSON.stringify(body));
}

export function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}
