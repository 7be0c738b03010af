import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import type { Readable } from 'node:stream';
import { MloError } from '#foundation/errors.ts';
import { requestError } from '#formats/inference/request-error.ts';

/**
 * The whole body, inflated when it is compressed. Both what arrives and what it inflates to are bounded:
 * MLO_BODY_TOO_LARGE, at once when the length is announced. MLO_CLIENT_GONE when the client hangs up.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return await collect(request, limit);
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new MloError(
      'usage',
      'MLO_UNSUPPORTED_MEDIA',
      `content encoding "${encoding.slice(0, 40)}" is not read`,
    );
  }
  const packed = await collect(request, limit);
  const inflater = encoding === 'gzip' ? createGunzip() : createInflate();
  inflater.end(packed);
  try {
    return await collect(inflater, limit);
  } catch (error) {
    if (error instanceof MloError) throw error;
    throw requestError('Content-Encoding', `the body is not ${encoding}`);
  }
}

function collect(stream: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        stream.removeAllListeners('data');
        stream.pause();
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    stream.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    stream.once('error', reject);
    stream.once('close', () =>
      reject(new MloError('failed', 'MLO_CLIENT_GONE', 'the client closed the connection')),
    );
  });
}

function tooLarge(limit: number): MloError {
  return new MloError('usage', 'MLO_BODY_TOO_LARGE', `the body is larger than ${limit} bytes`);
}
