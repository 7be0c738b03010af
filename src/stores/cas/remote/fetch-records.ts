import { throwIfAborted } from '#foundation/abort.ts';
import type { ContentId } from '#foundation/brands.ts';
import { isMloError } from '#foundation/errors.ts';
import { RECORD_HEADER_SIZE, type PackEntry } from '../pack-format.ts';
import type { PackedObject } from '../pack-lookup.ts';
import { verifiedRecord } from '../record.ts';
import type { RemotePacks } from './remote-packs.ts';

/** Records closer than this in a pack are fetched by one request. */
const GAP = 64 * 1024;
/** Bytes of one request, unless a single record is larger. */
const SPAN = 8 * 1024 * 1024;

export interface FetchRecords {
  readonly remote: RemotePacks;
  readonly ids: Iterable<ContentId>;
  /** Called with verified bytes, in no particular order. */
  readonly onRecord: (entry: PackEntry, bytes: Buffer) => Promise<void>;
  /** Called for what no copy of the remote gives intact. */
  readonly onFailure: (id: ContentId, error: unknown) => void;
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Fetches records by few ranged requests; a damaged one is looked for in other packs. */
export async function fetchRecords(options: FetchRecords): Promise<void> {
  const { remote } = options;
  const wanted: PackedObject[] = [];
  for (const id of options.ids) {
    const place = remote.find(id)[0];
    if (place) wanted.push(place);
  }
  await remote.limiter.map(coalesce(wanted), async (span) => {
    throwIfAborted(remote.signal);
    const bytes = await remote.getRange(span.pack, span.start, span.end - span.start);
    options.onBytes?.(bytes.length);
    for (const entry of span.entries) {
      const at = entry.offset - span.start;
      const record = bytes.subarray(at, at + RECORD_HEADER_SIZE + entry.length);
      await take(options, { pack: span.pack, entry }, record);
    }
  });
}

async function take(options: FetchRecords, place: PackedObject, record: Buffer): Promise<void> {
  const { remote } = options;
  const { entry } = place;
  let content: Buffer;
  try {
    content = verifiedRecord(record, entry, remote.objects.url);
  } catch (error) {
    const other = await fromOtherPack(remote, place);
    if (other === undefined) {
      options.onFailure(entry.id, error);
      return;
    }
    content = other;
  }
  await options.onRecord(entry, content);
}

async function fromOtherPack(remote: RemotePacks, bad: PackedObject): Promise<Buffer | undefined> {
  for (const { pack, entry } of remote.find(bad.entry.id)) {
    if (pack === bad.pack) continue;
    const bytes = await remote.getRange(pack, entry.offset, RECORD_HEADER_SIZE + entry.length);
    try {
      return verifiedRecord(bytes, entry, remote.objects.url);
    } catch (error) {
      if (!isMloError(error)) throw error;
    }
  }
  return undefined;
}

interface Span {
  readonly pack: ContentId;
  readonly start: number;
  end: number;
  readonly entries: PackEntry[];
}

function coalesce(wanted: readonly PackedObject[]): Span[] {
  const sorted = wanted.toSorted((a, b) =>
    a.pack === b.pack ? a.entry.offset - b.entry.offset : a.pack < b.pack ? -1 : 1,
  );
  const spans: Span[] = [];
  for (const { pack, entry } of sorted) {
    const end = entry.offset + RECORD_HEADER_SIZE + entry.length;
    const last = spans.at(-1);
    if (last?.pack === pack && entry.offset - last.end <= GAP && end - last.start <= SPAN) {
      last.end = end;
      last.entries.push(entry);
    } else spans.push({ pack, start: entry.offset, end, entries: [entry] });
  }
  return spans;
}
