import { abortedError } from '#foundation/abort.ts';
import { errnoOf, isMloError, messageOf, MloError } from '#foundation/errors.ts';
import { redact } from '#foundation/redact.ts';

const AUTH = new Set([
  'AccessDenied',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);

/** HTTP status of an SDK error; undefined when the server was not reached. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata as { readonly httpStatusCode?: number };
  return metadata.httpStatusCode;
}

/** The object is not there; a missing bucket is an error of its own. */
export function isAbsentInS3(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** An SDK error as one of ours, told apart by what the user can do. */
export function s3Error(error: unknown, where: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return abortedError(signal);
  if (isMloError(error)) return error;
  const status = statusOf(error);
  const name = nameOf(error);
  const extras = { cause: error, details: { retryable: false, status: status ?? null, name } };
  if (name === 'NoSuchBucket') {
    return new MloError('remote', 'MLO_NO_BUCKET', `${where}: the bucket does not exist`, {
      ...extras,
      hint: 'create it, or correct the url: mlo remote list',
    });
  }
  if (AUTH.has(name) || status === 401 || status === 403) {
    return new MloError('auth', 'MLO_REMOTE_AUTH', `${where}: the credentials were refused: ${said(error)}`, {
      ...extras,
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile: mlo remote add --force --profile',
    });
  }
  const retryable =
    status === undefined || status >= 500 || status === 408 || status === 409 || status === 429;
  const code = status === undefined ? 'MLO_REMOTE_UNREACHABLE' : 'MLO_REMOTE_FAILED';
  return new MloError('remote', code, `${where}: ${said(error)}`, {
    ...extras,
    details: { ...extras.details, retryable },
    hint: 'mlo remote list shows the address; running the same command again continues',
  });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function said(error: unknown): string {
  const message = redact(messageOf(error)).trim();
  const reason = errnoOf(error) ?? nameOf(error);
  return message === '' || message === 'UnknownError' ? reason || 'no answer' : message;
}
