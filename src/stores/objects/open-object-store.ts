import { fileURLToPath } from 'node:url';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { absolutePath } from '#foundation/paths.ts';
import { redact } from '#foundation/redact.ts';
import { fsObjectStore } from './fs.ts';
import type { ObjectStore, ObjectStoreSettings } from './object-store.ts';
import { withRetry } from './with-retry.ts';

/** The store behind a URL. `base` is where a relative folder starts. The S3 SDK is loaded for s3:// only. */
export async function openObjectStore(
  settings: ObjectStoreSettings,
  base: AbsolutePath,
): Promise<ObjectStore> {
  const { url } = settings;
  if (url.startsWith('s3://')) {
    const { s3ObjectStore } = await import('./s3.ts');
    return withRetry(s3ObjectStore(settings));
  }
  if (url.startsWith('file://')) return fsObjectStore(absolutePath(base, fileURLToPath(url)));
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return fsObjectStore(absolutePath(base, url));
  throw new MloError('config', 'MLO_UNKNOWN_SCHEME', `the remote ${redact(url)} is of an unknown kind`, {
    hint: 'known: a folder, file:///folder, s3://bucket/prefix',
  });
}
