import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { throwIfAborted } from './abort.ts';
import type { AbsolutePath, ContentId, RunId } from './brands.ts';
import { contentIdOfHex } from './content-id.ts';

export { contentIdOfHex, hexOf, isContentId, isRunId, parseContentId, shortId } from './content-id.ts';

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
