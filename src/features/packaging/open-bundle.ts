import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { contentIdOf, isContentId, shortId } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { readBytesIfThere } from '#foundation/read-file.ts';
import { MANIFEST_FILE, parseManifest, SIGNATURE_FILE } from '#formats/bundle.ts';
import { parseSignature } from '#formats/signature-file.ts';
import { resolveModelRef } from '#features/models/index.ts';
import type { PackageRow } from '#stores/database/registry-store.ts';
import type { Project } from '#stores/project.ts';
import type { OpenedBundle } from './types.ts';

/** Bytes of one file of a bundle; undefined when there is no such file. */
type ReadRaw = (path: string) => Promise<Uint8Array | undefined>;

/**
 * Opens the newest bundle of a model reference, or the bundle with a digest, from the project's store. Every
 * listed file is checked before anything is returned. Throws MLO_NOT_PACKAGED, MLO_NO_PACKAGE, `integrity`.
 */
export async function openBundle(options: {
  readonly project: Project;
  /** `late@prod`, `late/3`, or a digest `sha256:…`. */
  readonly ref: string;
}): Promise<OpenedBundle> {
  const { project, ref } = options;
  const row = await packageRow(project, ref);
  const store = await project.store();
  const ids = new Map<string, ContentId>();
  for await (const entry of store.listTree(row.treeId)) ids.set(entry.path, entry.id);
  const read: ReadRaw = async (path) => {
    const id = ids.get(path);
    return id === undefined ? undefined : store.readBytes(id);
  };
  const opened = await open(read, `bundle ${shortId(row.digest)}`);
  if (opened.digest === row.digest) return opened;
  throw new MloError(
    'integrity',
    'MLO_BUNDLE_MISMATCH',
    `the manifest of ${ref} has the digest ${opened.digest}, the registry says ${row.digest}`,
  );
}

/** Opens a bundle that was exported to a folder. */
export async function openBundleDir(dir: AbsolutePath): Promise<OpenedBundle> {
  return await open((path) => readBytesIfThere(joinPath(dir, path)), dir);
}

async function packageRow(project: Project, ref: string): Promise<PackageRow> {
  const registry = await project.registry();
  if (isContentId(ref)) {
    const row = await registry.getPackage(ref);
    if (row !== undefined) return row;
    throw new MloError('not-found', 'MLO_NO_PACKAGE', `no package has the digest ${ref}`);
  }
  const { version } = await resolveModelRef({ project, ref });
  const row = (await registry.listPackages(version.name, version.version))[0];
  if (row !== undefined) return row;
  throw new MloError(
    'not-found',
    'MLO_NOT_PACKAGED',
    `${version.name}/${version.version} is not packaged yet`,
    { hint: `mlo package ${ref}` },
  );
}

async function open(read: ReadRaw, where: string): Promise<OpenedBundle> {
  const manifestBytes = await read(MANIFEST_FILE);
  if (manifestBytes === undefined) {
    throw new MloError('not-found', 'MLO_NO_PACKAGE', `${where} holds no ${MANIFEST_FILE}`, {
      hint: 'mlo package MODEL -o DIR writes a bundle to a folder',
    });
  }
  const manifest = parseManifest(manifestBytes, `${where}/${MANIFEST_FILE}`);
  const readFile = async (path: string): Promise<Uint8Array> => {
    const listed = manifest.files.find((file) => file.path === path);
    if (listed === undefined) {
      throw new MloError('not-found', 'MLO_NO_BUNDLE_FILE', `${where} has no file ${path}`);
    }
    const bytes = await read(path);
    if (bytes !== undefined && contentIdOf(bytes) === listed.id) return bytes;
    throw new MloError(
      'integrity',
      'MLO_BUNDLE_MISMATCH',
      `${where}: ${path} ${bytes === undefined ? 'is missing' : 'does not match its checksum'}`,
      { hint: `mlo package ${manifest.name}/${manifest.version} makes it anew`, details: { path } },
    );
  };
  for (const file of manifest.files) if (file.path !== manifest.model.path) await readFile(file.path);
  return {
    digest: contentIdOf(manifestBytes),
    manifest,
    signature: parseSignature(await readFile(SIGNATURE_FILE), `${where}/${SIGNATURE_FILE}`),
    model: await readFile(manifest.model.path),
    readFile,
  };
}
