import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { throwIfAborted } from './abort.ts';
import type { AbsolutePath, ContentId, RunId } from './brands.ts';
import { MloError } from './errors.ts';

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

export function contentIdOf(bytes: Uint8Array | string): ContentId {
  return contentIdOfHex(createHash('sha256').update(bytes).digest('hex'));
}

/** SHA-256 of a file in one streaming read; memory stays flat for any size. */
export async function hashFile(
  path: AbsolutePath,
  signal?: AbortSignal,
): Promise<{ id: ContentId; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    throwIfAborted(signal);
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    size += bytes.length;
  }
  return { id: contentIdOfHex(hash.digest('hex')), size };
}

/** A fresh 32-hex id in MLflow's shape. */
export function newRunId(): RunId {
  return randomBytes(16).toString('hex') as RunId;
}

export function isRunId(text: string): text is RunId {
  return /^[0-9a-f]{32}$/.test(text);
}
