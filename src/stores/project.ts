import type { AbsolutePath } from '#foundation/brands.ts';
import type { ProjectPaths } from '#foundation/paths.ts';
import type { Config } from '#formats/config/config.ts';
import type { ContentStore } from './cas/content-store.ts';
import type { RegistryStore } from './database/registry-store.ts';
import type { TrackingStore } from './database/tracking-store.ts';

/** An open project: what features get. Store and database open on first use, so `status` never loads SQLite. */
export interface Project {
  readonly paths: ProjectPaths;
  readonly config: Config;
  /** Where native engines that `doctor --fix` installed are looked for. */
  readonly nativeDir: AbsolutePath;
  store(): Promise<ContentStore>;
  tracking(): Promise<TrackingStore>;
  registry(): Promise<RegistryStore>;
}

export function makeProject(parts: Pick<Project, 'paths' | 'config' | 'nativeDir'>): Project {
  let store: Promise<ContentStore> | undefined;
  let database: Promise<{ tracking: TrackingStore; registry: RegistryStore }> | undefined;
  const openDatabase = (): Promise<{ tracking: TrackingStore; registry: RegistryStore }> =>
    (database ??= import('./database/open-database.ts').then((m) =>
      m.openDatabase({ file: parts.paths.databaseFile, nativeDir: parts.nativeDir }),
    ));
  return {
    ...parts,
    store: () =>
      (store ??= import('./cas/open-store.ts').then((m) =>
        m.openStore({ dir: parts.paths.storeDir, reflink: parts.config.get('cache.link') === 'reflink' }),
      )),
    tracking: async () => (await openDatabase()).tracking,
    registry: async () => (await openDatabase()).registry,
  };
}
