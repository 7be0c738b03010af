import { createHash } from 'node:crypto';
import { joinPath } from '#foundation/paths.ts';
import type { RemotePacks } from '#stores/cas/remote/remote-packs.ts';
import { chooseRemote } from './remotes.ts';
import type { Selection } from './select.ts';
import type { DataContext } from './types.ts';

export interface TransferOptions extends DataContext, Selection {
  /** Name of the remote; default: `core.remote`, or the only one. */
  readonly remote?: string | undefined;
  /** Transfers at once; default: `core.jobs`, or 8. */
  readonly jobs?: number | undefined;
}

const DEFAULT_JOBS = 8;

/** The chosen remote with its index objects not read yet. */
export async function openRemote(
  options: TransferOptions,
): Promise<{ readonly name: string; readonly url: string; readonly packs: RemotePacks }> {
  const { name, settings } = chooseRemote(options, options.remote);
  const { paths, config } = options.project;
  const { openObjectStore } = await import('#stores/objects/open-object-store.ts');
  const { RemotePacks } = await import('#stores/cas/remote/remote-packs.ts');
  const objects = await openObjectStore(settings, paths.root);
  // Two remotes of the same name and different address must not share copies of index objects.
  const key = createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
  const packs = new RemotePacks({
    objects,
    cacheDir: joinPath(paths.sharedDir, 'remotes', key),
    jobs: options.jobs ?? (config.get('core.jobs') || DEFAULT_JOBS),
    signal: options.signal,
  });
  return { name, url: objects.url, packs };
}
