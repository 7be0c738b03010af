import type { ContentId } from '#foundation/brands.ts';
import { isMloError, MloError } from '#foundation/errors.ts';
import { isContentId } from '#foundation/hash.ts';
import type { FetchedObjects } from '#stores/cas/remote/fetch-objects.ts';
import { checkoutPaths } from './checkout.ts';
import { openRemote, type TransferOptions } from './open-remote.ts';
import { selectItems } from './select.ts';
import { progress } from './store-path.ts';
import type { FetchResult, PullResult } from './types.ts';

export interface PullOptions extends TransferOptions {
  /** Overwrites files of the workspace whose content is saved nowhere. */
  readonly force?: boolean | undefined;
}

/** Fetches what the local store lacks; the workspace stays as it is. */
export async function fetchData(options: PullOptions): Promise<FetchResult> {
  const items = await selectItems(options, options);
  const store = await options.project.store();
  const { name, url, packs } = await openRemote(options);
  if (!(await packs.load()) && items.some((item) => !store.hasNow(item.id))) throw emptyRemote(name, url);
  const { fetchObjects } = await import('#stores/cas/remote/fetch-objects.ts');
  const onBytes = progress(options, `pull from ${name}`);
  const fetched = await fetchObjects({ remote: packs, store, roots: items, onBytes });
  if (fetched.failures.length > 0) throw incomplete(fetched, name);
  const { objects, bytes } = fetched;
  return { remote: name, url, items: items.length, objects, bytes, upToDate: objects === 0 };
}

/** Fetches, then makes the workspace match. A damaged object of the local store is fetched again. */
export async function pullData(options: PullOptions): Promise<PullResult> {
  const store = await options.project.store();
  let fetched = await fetchData(options);
  const repaired = new Set<ContentId>();
  for (;;) {
    try {
      return { ...fetched, checkout: await checkoutPaths(options) };
    } catch (error) {
      const id = damagedObject(error);
      if (id === undefined || repaired.has(id)) throw error;
      repaired.add(id);
      store.distrust(id);
      const again = await fetchData(options);
      fetched = {
        ...again,
        objects: fetched.objects + again.objects,
        bytes: fetched.bytes + again.bytes,
        upToDate: false,
      };
    }
  }
}

function damagedObject(error: unknown): ContentId | undefined {
  if (!isMloError(error) || error.code !== 'MLO_OBJECT_CORRUPT') return undefined;
  const id = error.details?.id;
  return typeof id === 'string' && isContentId(id) ? id : undefined;
}

function emptyRemote(name: string, url: string): MloError {
  return new MloError('not-found', 'MLO_REMOTE_EMPTY', `nothing was ever pushed to ${name} (${url})`, {
    hint: 'mlo push from a clone that has the data, or mlo remote list to check the address',
  });
}

/** One error for all: the worst kind decides, details name each object. */
function incomplete(fetched: FetchedObjects, name: string): MloError {
  const errors = fetched.failures.map(({ error }) => error).filter(isMloError);
  const worst = errors.find((error) => error.kind === 'integrity') ?? errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more objects)` : '';
  return new MloError(
    worst?.kind ?? 'failed',
    worst?.code ?? 'MLO_PULL_INCOMPLETE',
    `${worst?.message ?? ''}${more}`,
    {
      hint: `everything else was fetched; mlo push to ${name} from a clone that has the data, then pull again`,
      details: { ids: fetched.failures.slice(0, 1000).map(({ id }) => id) },
    },
  );
}
