import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { contentIdOf, contentIdOfHex, hexOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { withLock } from '#foundation/process-lock.ts';
import type { ContentStore, PutSession } from '../content-store.ts';
import { objectCorrupt, objectMissing } from '../object-errors.ts';
import type { ChunkList } from './chunk-list.ts';
import { fetchRecords } from './fetch-records.ts';
import type { RemotePacks } from './remote-packs.ts';

export interface FetchChunked {
  readonly remote: RemotePacks;
  readonly store: ContentStore;
  readonly session: PutSession;
  readonly list: ChunkList;
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Puts a large file together in a part file that outlives a kill: the next attempt keeps every chunk that is
 * right. The file enters the store only when its own SHA-256 is right.
 */
export async function fetchChunked(options: FetchChunked): Promise<void> {
  const { list, store, session, remote } = options;
  const part = joinPath(store.dir, 'tmp', `part-${hexOf(list.file)}`);
  const lock = { path: `${part}.lock` as AbsolutePath, command: 'mlo pull', signal: remote.signal };
  await withLock(lock, async () => {
    if (store.hasNow(list.file)) return;
    const file = await open(part, 'a+', 0o600).then((handle) => handle.close().then(() => open(part, 'r+')));
    try {
      const resumed = (await file.stat()).size > 0;
      await file.truncate(list.size);
      await fillPart(options, file, resumed);
      if ((await hashOf(file, list.size, remote.signal)) !== list.file) {
        await file.truncate(0);
        throw objectCorrupt(list.file, remote.objects.url, 'its chunks give another file');
      }
      await file.sync();
    } finally {
      await file.close();
    }
    session.adopt(part, { id: list.file, size: list.size });
  });
}

async function fillPart(options: FetchChunked, file: FileHandle, resumed: boolean): Promise<void> {
  const { list, remote } = options;
  const places = new Map<ContentId, number[]>();
  let at = 0;
  for (const { id, length } of list.chunks) {
    if (!resumed || (await idAt(file, at, length)) !== id) {
      if (!remote.has(id)) throw objectMissing(id, remote.objects.url);
      places.set(id, [...(places.get(id) ?? []), at]);
    }
    throwIfAborted(remote.signal);
    at += length;
  }
  const failures: unknown[] = [];
  await fetchRecords({
    remote,
    ids: places.keys(),
    onRecord: async (entry, bytes) => {
      for (const place of places.get(entry.id) ?? []) await writeAt(file, bytes, place);
    },
    onFailure: (_id, error) => failures.push(error),
    onBytes: options.onBytes,
  });
  if (failures.length > 0) throw failures[0];
}

async function idAt(file: FileHandle, at: number, length: number): Promise<ContentId> {
  return contentIdOf(await readAt(file, at, length));
}

async function hashOf(file: FileHandle, size: number, signal: AbortSignal | undefined): Promise<ContentId> {
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += 1 << 22) {
    throwIfAborted(signal);
    hash.update(await readAt(file, at, Math.min(1 << 22, size - at)));
  }
  return contentIdOfHex(hash.digest('hex'));
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes;
}

async function writeAt(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
