import type { ContentId, RunId } from './brands.ts';
import { MloError } from './errors.ts';

// Apart from hash.ts because every start of mlo needs to show ids, and only some need to compute them.

const CONTENT_ID = /^sha256:[0-9a-f]{64}$/;

export function isContentId(text: string): text is ContentId {
  return CONTENT_ID.test(text);
}

/** Reads an id written by someone else; `where` names the place in the error. */
export function parseContentId(text: string, where: string): ContentId {
  if (isContentId(text)) return text;
  throw new MloError(
    'integrity',
    'MLO_BAD_CONTENT_ID',
    `${where}: "${text.slice(0, 100)}" is not a content id; expected sha256: and 64 hex digits`,
  );
}

export function contentIdOfHex(hex: string): ContentId {
  return parseContentId(`sha256:${hex}`, 'hash');
}

/** The 64 hex digits of an id. */
export function hexOf(id: ContentId): string {
  return id.slice('sha256:'.length);
}

/** First 12 hex digits, for people. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function isRunId(text: string): text is RunId {
  return /^[0-9a-f]{32}$/.test(text);
}
