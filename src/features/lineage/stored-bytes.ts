import { throwIfAborted } from '#foundation/abort.ts';
import type { ContentId } from '#foundation/brands.ts';
import { isMloError } from '#foundation/errors.ts';
import { shortId } from '#foundation/hash.ts';
import { brokenEdge } from './broken-edge.ts';
import type { Walk } from './walk.ts';

interface Stored {
  readonly path: string;
  readonly kind: 'file' | 'dir';
  readonly id: ContentId;
  readonly size: number;
}

/**
 * True when the local store holds the content; missing content is a note, since a remote may have it. A deep
 * walk reads and hashes everything: content that does not match its id is a broken edge.
 */
export async function checkStored(walk: Walk, item: Stored): Promise<boolean> {
  if (!(await walk.store.has(item.id))) {
    walk.graph.note(`${item.path} (${shortId(item.id)}) is not in the local store: mlo pull`);
    return false;
  }
  if (!walk.deep) return true;
  walk.report({ type: 'step', message: `hashing ${item.path}` });
  try {
    if (item.kind === 'file') await readThrough(walk, item.id);
    else for await (const entry of walk.store.listTree(item.id)) await readThrough(walk, entry.id);
    return true;
  } catch (error) {
    if (!isMloError(error)) throw error;
    if (error.code === 'MLO_OBJECT_MISSING') {
      walk.graph.note(`parts of ${item.path} are not in the local store: mlo pull`);
      return false;
    }
    if (error.kind !== 'integrity') throw error;
    throw brokenEdge(
      { from: `data ${item.path}`, to: 'its bytes', what: 'the stored content' },
      { says: item.id, readFrom: 'every record' },
      { says: `"${error.message}"`, readFrom: 'the store' },
      { cause: error, hint: 'mlo pull' },
    );
  }
}

/** The stream fails at its end when the bytes do not match the id. */
async function readThrough(walk: Walk, id: ContentId): Promise<void> {
  const stream = await walk.store.openRead(id);
  for await (const _chunk of stream) throwIfAborted(walk.signal);
}
