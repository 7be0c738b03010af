import type { ContentId } from '#foundation/brands.ts';
import { hexOf } from '#foundation/hash.ts';
import type { PackEntry } from './pack-format.ts';
import type { PackIndex } from './pack-index.ts';

export interface PackedObject {
  readonly pack: ContentId;
  readonly entry: PackEntry;
}

/** Packs with at most this many objects go into one map: a store may hold thousands of tiny packs. */
const SMALL_PACK = 256;

/** Finds objects over many pack indexes. */
export class PackLookup {
  private readonly known = new Map<ContentId, PackIndex>();
  private readonly large: PackIndex[] = [];
  private readonly small = new Map<ContentId, PackedObject[]>();

  add(index: PackIndex): void {
    if (this.known.has(index.packId)) return;
    this.known.set(index.packId, index);
    if (index.count > SMALL_PACK) {
      this.large.push(index);
      return;
    }
    for (const entry of index.entries()) {
      const places = this.small.get(entry.id) ?? [];
      places.push({ pack: index.packId, entry });
      this.small.set(entry.id, places);
    }
  }

  indexOf(pack: ContentId): PackIndex | undefined {
    return this.known.get(pack);
  }

  /** Every place that claims to hold the object. */
  find(id: ContentId): PackedObject[] {
    const found = [...(this.small.get(id) ?? [])];
    const key = Buffer.from(hexOf(id), 'hex');
    for (const index of this.large) {
      const entry = index.find(key);
      if (entry) found.push({ pack: index.packId, entry });
    }
    return found;
  }

  has(id: ContentId): boolean {
    if (this.small.has(id)) return true;
    const key = Buffer.from(hexOf(id), 'hex');
    return this.large.some((index) => index.find(key) !== undefined);
  }
}
