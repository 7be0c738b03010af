import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { fromSystemError } from '#foundation/errors.ts';
import { contentIdOf, contentIdOfHex } from '#foundation/hash.ts';
import type { ObjectBody } from '#stores/objects/object-store.ts';
import type { ContentStore } from '../content-store.ts';
import { objectCorrupt, objectMissing } from '../object-errors.ts';
import { RECORD, type RecordType } from '../pack-format.ts';
import type { PackIndex } from '../pack-index.ts';
import { PackWriter } from '../pack-writer.ts';
import { CHUNK_SIZE, CHUNKED_MIN, encodeChunkList, type Chunk } from './chunk-list.ts';
import type { RemotePacks } from './remote-packs.ts';

export interface PushObjectsOptions {
  readonly remote: RemotePacks;
  readonly store: ContentStore;
  /** Everything to be there afterwards, in a fixed order: the same content gives the same packs again. */
  readonly objects: ReadonlyMap<ContentId, RecordType>;
  /** A fresh temporary name for a pack that is put together for the remote. */
  readonly temporary: () => AbsolutePath;
  readonly onBytes?: (count: number) => void;
}

export interface PushedObjects {
  objects: number;
  packs: number;
  bytes: number;
}

/** An index object is written at least this often, so that an interrupted push keeps most of its work. */
const PACKS_PER_INDEX = 32;

/** Sends what the remote lacks. Packs first; an index object names them only when all of them are there. */
export async function pushObjects(options: PushObjectsOptions): Promise<PushedObjects> {
  const missing = [...options.objects].filter(([id]) => !options.remote.has(id));
  if (missing.length === 0) return { objects: 0, packs: 0, bytes: 0 };
  const sender = new Sender(options, await options.remote.listPacks());
  try {
    const { whole, single } = choosePacks(options, missing);
    for (const pack of whole) await sender.sendStored(pack);
    for (const [id, type] of single) await sender.add(id, type);
    await sender.finish();
  } finally {
    await sender.dispose();
  }
  return sender.sent;
}

interface StoredPack {
  readonly path: AbsolutePath;
  readonly index: PackIndex;
}

/**
 * Packs of the local store go as they are when everything in them is to be pushed and most of it is missing:
 * nothing that was not asked for ever leaves the machine.
 */
function choosePacks(
  options: PushObjectsOptions,
  missing: readonly [ContentId, RecordType][],
): { whole: StoredPack[]; single: [ContentId, RecordType][] } {
  const packs = new Map<ContentId, StoredPack & { bytes: number }>();
  const packOf = new Map<ContentId, ContentId>();
  for (const [id] of missing) {
    const place = options.store.locate(id);
    if (place === undefined) throw objectMissing(id, 'the local store');
    if (place.kind === 'loose') continue;
    const known = packs.get(place.index.packId) ?? { path: place.path, index: place.index, bytes: 0 };
    known.bytes += place.entry.length;
    packs.set(place.index.packId, known);
    packOf.set(id, place.index.packId);
  }
  const whole = [...packs.values()].filter(
    ({ index, bytes }) =>
      bytes * 2 >= index.packSize && [...index.entries()].every((entry) => options.objects.has(entry.id)),
  );
  const chosen = new Set(whole.map(({ index }) => index.packId));
  const single = missing.filter(([id]) => {
    const pack = packOf.get(id);
    return pack === undefined || !chosen.has(pack);
  });
  return { whole, single };
}

/** Fills packs and keeps a few uploads going at a time. */
class Sender {
  readonly sent: PushedObjects = { objects: 0, packs: 0, bytes: 0 };
  private readonly options: PushObjectsOptions;
  private readonly present: ReadonlySet<ContentId>;
  private writer: PackWriter | undefined;
  private readonly added = new Set<ContentId>();
  private unnamed: PackIndex[] = [];
  private readonly running = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  constructor(options: PushObjectsOptions, present: ReadonlySet<ContentId>) {
    this.options = options;
    this.present = present;
  }

  async sendStored({ path, index }: StoredPack): Promise<void> {
    throwIfAborted(this.options.remote.signal);
    await this.upload(index, () => {
      const bytes = readFileSync(path);
      if (contentIdOf(bytes) === index.packId) return bytes;
      throw objectCorrupt(index.packId, path, 'the pack is not what it was when it was written');
    });
  }

  async add(id: ContentId, type: RecordType): Promise<void> {
    throwIfAborted(this.options.remote.signal);
    const place = this.options.store.locate(id);
    if (place?.kind === 'loose' && place.size >= CHUNKED_MIN) await this.addChunked(id, place.path);
    else await this.addRecord(type, id, this.options.store.readNode(id));
  }

  async finish(): Promise<void> {
    await this.closePack();
    await this.publish();
  }

  async dispose(): Promise<void> {
    this.writer?.discard();
    await Promise.all(this.running);
  }

  private async addChunked(id: ContentId, path: AbsolutePath): Promise<void> {
    const file = await open(path, 'r').catch((error: unknown) => {
      throw fromSystemError(error, path);
    });
    const hash = createHash('sha256');
    const chunks: Chunk[] = [];
    let size = 0;
    try {
      for (;;) {
        throwIfAborted(this.options.remote.signal);
        const buffer = Buffer.allocUnsafeSlow(CHUNK_SIZE);
        const length = await fill(file, buffer, size);
        if (length === 0) break;
        const bytes = buffer.subarray(0, length);
        hash.update(bytes);
        const chunk = { id: contentIdOf(bytes), length };
        chunks.push(chunk);
        size += length;
        if (!this.options.remote.has(chunk.id)) await this.addRecord(RECORD.chunk, chunk.id, bytes);
      }
    } finally {
      await file.close();
    }
    if (contentIdOfHex(hash.digest('hex')) !== id)
      throw objectCorrupt(id, path, 'its SHA-256 is another one');
    await this.addRecord(RECORD.chunkList, id, encodeChunkList({ file: id, size, chunks }));
  }

  private async addRecord(type: RecordType, id: ContentId, bytes: Buffer): Promise<void> {
    if (this.added.has(id)) return;
    this.added.add(id);
    this.writer ??= new PackWriter(this.options.temporary());
    this.writer.add(type, id, bytes);
    if (this.writer.isFull) await this.closePack();
  }

  private async closePack(): Promise<void> {
    const { writer } = this;
    if (writer === undefined) return;
    this.writer = undefined;
    const { index, path } = writer.finish();
    await this.upload(index, () => ({ path, size: index.packSize }), path);
  }

  /** Starts an upload; returns when there is room for the next. */
  private async upload(index: PackIndex, body: () => ObjectBody, temporary?: AbsolutePath): Promise<void> {
    const { remote, onBytes } = this.options;
    const send = async (): Promise<void> => {
      try {
        if (!this.present.has(index.packId)) {
          await remote.putPack(index.packId, body());
          this.sent.packs += 1;
          this.sent.bytes += index.packSize;
        }
        this.sent.objects += index.count;
        onBytes?.(index.packSize);
      } catch (error) {
        this.failure ??= { error };
      } finally {
        if (temporary !== undefined) rmSync(temporary, { force: true });
      }
    };
    const work: Promise<void> = send().finally(() => this.running.delete(work));
    this.running.add(work);
    this.unnamed.push(index);
    if (this.running.size >= remote.jobs) await Promise.race(this.running);
    this.throwFailure();
    if (this.unnamed.length >= PACKS_PER_INDEX) await this.publish();
  }

  private async publish(): Promise<void> {
    await Promise.all(this.running);
    this.throwFailure();
    if (this.unnamed.length === 0) return;
    await this.options.remote.putIndex(this.unnamed);
    this.unnamed = [];
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure.error;
  }
}

async function fill(file: Awaited<ReturnType<typeof open>>, buffer: Buffer, at: number): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
