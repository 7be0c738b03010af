import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform, pipeline, type Readable, type TransformCallback } from 'node:stream';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { hexOf } from '#foundation/hash.ts';
import { objectCorrupt } from './object-errors.ts';

/** Streams a whole object; the stream fails at its end when the bytes do not give the id. */
export function verifiedStream(id: ContentId, path: AbsolutePath): Readable {
  const hash = createHash('sha256');
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done: TransformCallback) {
      const right = hash.digest('hex') === hexOf(id);
      done(right ? null : objectCorrupt(id, path, 'its SHA-256 is another one'));
    },
  });
  // Errors of either stream surface on `check`, which is what the caller reads.
  return pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), check, () => {});
}
