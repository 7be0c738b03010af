import { isMloError, type ErrorKind, type MloError } from '#foundation/errors.ts';

/** HTTP statuses of errors: by code where one is named here, else by kind. */
const BY_CODE: Readonly<Record<string, number>> = {
  MLO_BODY_TOO_LARGE: 413,
  MLO_QUEUE_FULL: 429,
  MLO_CLIENT_GONE: 499,
  MLO_NOT_READY: 503,
  MLO_DRAINING: 503,
  MLO_DEADLINE: 504,
  MLO_METHOD_NOT_ALLOWED: 405,
  MLO_UNSUPPORTED_MEDIA: 415,
};

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  failed: 500,
  usage: 400,
  config: 500,
  'not-a-project': 500,
  locked: 409,
  'not-found': 404,
  conflict: 409,
  integrity: 500,
  auth: 403,
  remote: 502,
  child: 500,
  'missing-tool': 501,
  aborted: 503,
};

/** What a client may be told: never a stack, never a cause. */
export interface HttpError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Name of the wrong field or column, when there is one. */
  readonly field: string | undefined;
}

export function httpErrorOf(error: unknown): HttpError {
  if (!isMloError(error)) {
    return { status: 500, code: 'MLO_BUG', message: 'internal error', field: undefined };
  }
  return {
    status: BY_CODE[error.code] ?? BY_KIND[error.kind],
    code: error.code,
    message: error.message,
    field: fieldOf(error),
  };
}

function fieldOf(error: MloError): string | undefined {
  const field = error.details?.['field'];
  return typeof field === 'string' && field !== '' ? field : undefined;
}
