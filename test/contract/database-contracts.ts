import { describe, test } from 'vitest';
import { join } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { openDatabase, type Database } from '#stores/database/open-database.ts';
import { tryDriver, type DriverPlace } from '#stores/database/sqlite-driver.ts';
import { tempDir } from '../support/temp-dir.ts';
import { registryStoreContract } from './registry-store.suite.ts';
import { trackingStoreContract } from './tracking-store.suite.ts';

/** Both contracts on one SQLite driver; one visible skip that says why when an optional driver does not load. */
export function databaseContracts(place: DriverPlace & { readonly required?: boolean }): void {
  const driver = tryDriver(place);
  if (typeof driver === 'string') {
    if (place.required === true) throw new Error(`${place.driver} does not load: ${driver}`);
    process.stderr.write(`skipped: database contracts on ${place.driver}: ${driver}\n`);
    describe.skip(`database contracts on ${place.driver}: ${driver}`, () => test('not run', () => {}));
    return;
  }
  const open = async (): Promise<Database> => {
    const dir = await tempDir();
    return openDatabase({ file: join(dir, 'mlo.db') as AbsolutePath, nativeDir: dir, driver });
  };
  const name = `${place.driver} ${driver.status.version}`;
  trackingStoreContract(name, async () => (await open()).tracking);
  registryStoreContract(name, async () => (await open()).registry);
}
