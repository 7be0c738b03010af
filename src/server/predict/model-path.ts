import type { IncomingMessage } from 'node:http';
import { MloError } from '#foundation/errors.ts';
import type { Exchange } from './exchange.ts';

export interface WantedModel {
  readonly name: string;
  /** What follows: '' or 'infer', 'ready' … */
  readonly verb: string;
}

/** Reads `{model}[/versions/{v}|/labels/{l}][/{verb}]`; `not-found` for a model or version not served here. */
export function wantedModel(exchange: Exchange, parts: readonly string[]): WantedModel {
  const { model } = exchange.service.predictor;
  const [name, ...rest] = parts;
  if (name === undefined) throw noRoute(exchange.request);
  if (name !== model.name) {
    throw new MloError(
      'not-found',
      'MLO_NO_MODEL',
      `no model "${name.slice(0, 100)}"; this server has "${model.name}"`,
    );
  }
  if (rest[0] !== 'versions') return { name, verb: rest.join('/') };
  const version = rest[1] ?? '';
  if (version === String(model.version)) return { name, verb: rest.slice(2).join('/') };
  throw new MloError(
    'not-found',
    'MLO_NO_VERSION',
    `no version "${version.slice(0, 40)}" of "${name}"; this server has ${model.version}`,
  );
}

export function noRoute(request: IncomingMessage): MloError {
  return new MloError(
    'not-found',
    'MLO_NO_ROUTE',
    `no route ${request.method ?? ''} ${(request.url ?? '').slice(0, 200)}`,
  );
}
