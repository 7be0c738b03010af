import { isMloError } from '#foundation/errors.ts';
import type { ContentId } from '#foundation/brands.ts';
import type { ContentStore, PutSession } from '../content-store.ts';
import { objectMissing } from '../object-errors.ts';
import { RECORD } from '../pack-format.ts';
import { decodeNode } from '../tree-node.ts';
import { decodeChunkList, type ChunkList } from './chunk-list.ts';
import { fetchChunked } from './fetch-chunked.ts';
import { fetchRecords } from './fetch-records.ts';
import type { RemotePacks } from './remote-packs.ts';

export interface FetchObjectsOptions {
  readonly remote: RemotePacks;
  readonly store: ContentStore;
  readonly roots: readonly { readonly kind: 'file' | 'dir'; readonly id: ContentId }[];
  readonly onBytes?: ((count: number) => void) | undefined;
}

export interface FetchedObjects {
  readonly objects: number;
  readonly bytes: number;
  /** Objects that could not be had, with the reason; all others are in the store. */
  readonly failures: readonly { readonly id: ContentId; readonly error: unknown }[];
}

/** Brings what the local store lacks. Every object is verified before it enters the store. */
export async function fetchObjects(options: FetchObjectsOptions): Promise<FetchedObjects> {
  await using session = await options.store.begin();
  const fetcher = new Fetcher(options, session);
  try {
    const files = await fetcher.fetchTrees();
    await fetcher.fetchFiles(files);
  } finally {
    // Also after a failure or Ctrl-C: what has arrived is kept, the next pull continues from there.
    await session.commit();
  }
  return { ...session.written, failures: fetcher.failures };
}

class Fetcher {
  readonly failures: { id: ContentId; error: unknown }[] = [];
  private readonly options: FetchObjectsOptions;
  private readonly session: PutSession;

  constructor(options: FetchObjectsOptions, session: PutSession) {
    this.options = options;
    this.session = session;
  }

  /** Level by level, so that each level costs a few requests. Returns the ids of all files. */
  async fetchTrees(): Promise<Set<ContentId>> {
    const { roots, store } = this.options;
    const files = new Set<ContentId>();
    const seen = new Set<ContentId>();
    let level: ContentId[] = [];
    for (const { kind, id } of roots) {
      if (kind === 'dir') level.push(id);
      else files.add(id);
    }
    while (level.length > 0) {
      const fresh = [...new Set(level)].filter((id) => !seen.has(id));
      for (const id of fresh) seen.add(id);
      level = [];
      const expand = (id: ContentId, bytes: Buffer): void => {
        for (const entry of decodeNode(bytes, id).entries) {
          if (entry.mode === 'dir' || entry.mode === 'bucket') level.push(entry.id);
          else files.add(entry.id);
        }
      };
      const absent: ContentId[] = [];
      for (const id of fresh) {
        if (store.hasNow(id)) expand(id, store.readNode(id));
        else absent.push(id);
      }
      await this.fetch(absent, async (id, bytes) => {
        expand(id, bytes);
        await this.session.putRecord(id, bytes, RECORD.tree);
      });
    }
    return files;
  }

  async fetchFiles(files: ReadonlySet<ContentId>): Promise<void> {
    const { store } = this.options;
    const lists: ChunkList[] = [];
    const absent = [...files].filter((id) => !store.hasNow(id));
    await this.fetch(absent, async (id, bytes, type) => {
      if (type === RECORD.chunkList) lists.push(decodeChunkList(bytes, id, this.options.remote.objects.url));
      else await this.session.putBytes(bytes);
    });
    for (const list of lists) {
      try {
        await fetchChunked({ ...this.options, session: this.session, list });
      } catch (error) {
        this.fail(list.file, error);
      }
    }
  }

  private async fetch(
    ids: readonly ContentId[],
    onRecord: (id: ContentId, bytes: Buffer, type: number) => Promise<void>,
  ): Promise<void> {
    const { remote } = this.options;
    const there = ids.filter((id) => remote.has(id));
    for (const id of ids) if (!remote.has(id)) this.fail(id, objectMissing(id, remote.objects.url));
    await fetchRecords({
      remote,
      ids: there,
      onRecord: async (entry, bytes) => {
        try {
          await onRecord(entry.id, bytes, entry.type);
        } catch (error) {
          this.fail(entry.id, error);
        }
      },
      onFailure: (id, error) => this.fail(id, error),
      onBytes: this.options.onBytes,
    });
  }

  /** Trouble with one object does not stop the others; trouble with disk or network does. */
  private fail(id: ContentId, error: unknown): void {
    if (!isAboutObject(error)) throw error;
    this.failures.push({ id, error });
  }
}

function isAboutObject(error: unknown): boolean {
  return isMloError(error) && (error.kind === 'integrity' || error.kind === 'not-found');
}
