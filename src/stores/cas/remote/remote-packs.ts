import { mkdirSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { errnoOf, MloError } from '#foundation/errors.ts';
import { contentIdOf, hexOf, isContentId } from '#foundation/hash.ts';
import { Limiter } from '#foundation/limiter.ts';
import { joinPath } from '#foundation/paths.ts';
import type { ObjectBody, ObjectStore } from '#stores/objects/object-store.ts';
import type { PackIndex } from '../pack-index.ts';
import { PackLookup, type PackedObject } from '../pack-lookup.ts';
import { formatProblem } from '../store-format.ts';
import { decodeRemoteIndex, encodeRemoteIndex } from './remote-index.ts';

/**
 * Layout below the remote's prefix:
 *   v1/format                 "mlo-remote 1" and feature flags
 *   v1/packs/ab/<id>          packs, at most 64 MiB, never changed
 *   v1/index/<id>             what some packs hold; written after them
 *   v1/refs/<project>/<id>    what was pushed; written last, keeps objects alive
 */
const FORMAT = { word: 'mlo-remote', version: 1, flags: new Set(['packs', 'chunk-lists']) };
const FORMAT_TEXT = 'mlo-remote 1\nrequire packs\nrequire chunk-lists\n';
const ROOT = 'v1';

export interface RemoteOptions {
  readonly objects: ObjectStore;
  /** Copies of index objects are kept here. */
  readonly cacheDir: AbsolutePath;
  readonly jobs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The packs of one remote, as its index objects describe them. */
export class RemotePacks {
  readonly objects: ObjectStore;
  readonly limiter: Limiter;
  /** Transfers at once. */
  readonly jobs: number;
  readonly signal: AbortSignal | undefined;
  private readonly cacheDir: AbsolutePath;
  private readonly lookup = new PackLookup();

  constructor(options: RemoteOptions) {
    this.objects = options.objects;
    this.cacheDir = options.cacheDir;
    this.signal = options.signal;
    this.jobs = Math.max(1, options.jobs);
    this.limiter = new Limiter(options.jobs);
  }

  /** Reads all index objects; those seen before come from the cache. False when nothing was ever pushed. */
  async load(): Promise<boolean> {
    const format = await this.objects.get(`${ROOT}/format`, { signal: this.signal });
    if (format === undefined) return false;
    const problem = formatProblem(Buffer.from(format).toString('utf8'), FORMAT);
    if (problem !== undefined) {
      throw new MloError(
        'config',
        'MLO_REMOTE_FORMAT',
        `the remote ${this.objects.url} cannot be used: ${problem}`,
        {
          hint: 'use the mlo release that wrote it, or a newer one',
        },
      );
    }
    const ids: ContentId[] = [];
    for await (const { key } of this.objects.list(`${ROOT}/index/`, { signal: this.signal })) {
      const id = `sha256:${key.slice(`${ROOT}/index/`.length)}`;
      if (isContentId(id)) ids.push(id);
    }
    const indexes = await this.limiter.map(ids, (id) => this.loadIndex(id));
    for (const index of indexes.flat()) this.lookup.add(index);
    return true;
  }

  async create(): Promise<void> {
    await this.objects.put(`${ROOT}/format`, Buffer.from(FORMAT_TEXT), {
      ifAbsent: true,
      signal: this.signal,
    });
  }

  has(id: ContentId): boolean {
    return this.lookup.has(id);
  }

  find(id: ContentId): PackedObject[] {
    return this.lookup.find(id);
  }

  packSize(pack: ContentId): number {
    return this.lookup.indexOf(pack)?.packSize ?? 0;
  }

  /** Ids of pack objects, whether an index names them or not: what an interrupted push has sent already. */
  async listPacks(): Promise<Set<ContentId>> {
    const found = new Set<ContentId>();
    for await (const { key } of this.objects.list(`${ROOT}/packs/`, { signal: this.signal })) {
      const id = `sha256:${key.slice(key.lastIndexOf('/') + 1)}`;
      if (isContentId(id)) found.add(id);
    }
    return found;
  }

  async putPack(pack: ContentId, body: ObjectBody): Promise<void> {
    const sha256 = hexOf(pack);
    await this.objects.put(packKey(pack), body, { ifAbsent: true, sha256, signal: this.signal });
  }

  async getRange(pack: ContentId, start: number, length: number): Promise<Buffer> {
    const bytes = await this.objects.get(packKey(pack), { range: { start, length }, signal: this.signal });
    return Buffer.from(bytes ?? new Uint8Array(0));
  }

  /** Publishes packs that are all there. */
  async putIndex(packs: readonly PackIndex[]): Promise<void> {
    const bytes = encodeRemoteIndex(packs);
    const id = contentIdOf(bytes);
    const sha256 = hexOf(id);
    await this.objects.put(`${ROOT}/index/${sha256}`, bytes, { ifAbsent: true, sha256, signal: this.signal });
    for (const pack of packs) this.lookup.add(pack);
    await this.cache(id, bytes);
  }

  /** True when the ref is new. */
  async putRef(project: string, text: string): Promise<boolean> {
    const sha256 = hexOf(contentIdOf(text));
    const key = `${ROOT}/refs/${project}/${sha256}`;
    if (await this.objects.head(key, { signal: this.signal })) return false;
    await this.objects.put(key, Buffer.from(text), { ifAbsent: true, sha256, signal: this.signal });
    return true;
  }

  private async loadIndex(id: ContentId): Promise<PackIndex[]> {
    const cached = this.readCached(id);
    if (cached) return decodeRemoteIndex(cached, id, this.objects.url);
    const bytes = await this.objects.get(`${ROOT}/index/${hexOf(id)}`, { signal: this.signal });
    if (bytes === undefined) return [];
    const packs = decodeRemoteIndex(Buffer.from(bytes), id, this.objects.url);
    await this.cache(id, bytes);
    return packs;
  }

  /** A damaged copy is simply fetched again. */
  private readCached(id: ContentId): Buffer | undefined {
    try {
      const bytes = readFileSync(joinPath(this.cacheDir, hexOf(id)));
      return contentIdOf(bytes) === id ? bytes : undefined;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  private async cache(id: ContentId, bytes: Uint8Array): Promise<void> {
    mkdirSync(this.cacheDir, { recursive: true });
    await writeFileAtomic(joinPath(this.cacheDir, hexOf(id)), bytes);
  }
}

function packKey(pack: ContentId): string {
  const hex = hexOf(pack);
  return `${ROOT}/packs/${hex.slice(0, 2)}/${hex}`;
}
