import type { AbsolutePath } from '#foundation/brands.ts';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { MANIFEST_FILE, SUMS_FILE, writeManifest, writeSums, type BundleManifest } from '#formats/bundle.ts';
import type { Project } from '#stores/project.ts';
import type { StoredTree } from '#stores/cas/content-store.ts';
import type { ContentId } from '#foundation/brands.ts';

export type BundleFiles = ReadonlyMap<string, Uint8Array | string>;

export interface BuiltBundle {
  readonly files: BundleFiles;
  readonly manifest: BundleManifest;
  readonly digest: ContentId;
}

/** Completes the manifest with the list of files and adds manifest and checksums. */
export function buildBundle(
  files: BundleFiles,
  facts: Omit<BundleManifest, 'files' | 'mlo_bundle'>,
): BuiltBundle {
  const listed = [...files]
    .map(([path, content]) => ({ path, id: contentIdOf(content), size: Buffer.byteLength(content) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const manifest: BundleManifest = { ...facts, mlo_bundle: 1, files: listed };
  const { text, digest } = writeManifest(manifest);
  const sums = writeSums([...listed, { path: MANIFEST_FILE, id: digest }]);
  return { files: new Map([...files, [MANIFEST_FILE, text], [SUMS_FILE, sums]]), manifest, digest };
}

/** Puts the bundle into the project's store as one tree. */
export async function storeBundle(
  project: Project,
  bundle: BuiltBundle,
  scratch: AbsolutePath,
): Promise<StoredTree> {
  const dir = joinPath(scratch, 'bundle');
  for (const [path, content] of bundle.files) await writeFileAtomic(joinPath(dir, path), content);
  return await (await project.store()).putTree(dir);
}
