import { z } from 'zod';
import type { ContentId } from '#foundation/brands.ts';
import { MloError, messageOf } from '#foundation/errors.ts';
import { contentIdOf, isContentId } from '#foundation/hash.ts';
import { checkedRepoPath } from '#foundation/paths.ts';
import { bundleJson } from './bundle-json.ts';

/** Name of the manifest in a bundle. The SHA-256 of its bytes is the identity of the bundle. */
export const MANIFEST_FILE = 'mlo-bundle.json';
export const MODEL_FILE = 'model/model.onnx';
export const SIGNATURE_FILE = 'signature.json';
export const REQUEST_FILE = 'examples/request.json';
export const RESPONSE_FILE = 'examples/response.json';
export const ENVIRONMENT_FILE = 'environment.json';
export const PROVENANCE_FILE = 'provenance.json';
export const REFERENCE_FILE = 'reference/profile.json';
export const SBOM_FILE = 'sbom.cdx.json';
export const CARD_FILE = 'README.md';
/** In the form of sha256sum: `sha256sum -c SHA256SUMS` checks a bundle without mlo. */
export const SUMS_FILE = 'SHA256SUMS';

const contentId = z.custom<ContentId>((value) => typeof value === 'string' && isContentId(value), {
  message: 'expected sha256: and 64 hex digits',
});

const manifestSchema = z.object({
  /** Version of this format. */
  mlo_bundle: z.literal(1),
  name: z.string().min(1),
  /** Version number in the registry. */
  version: z.int().positive(),
  model: z.object({ path: z.string(), id: contentId, size: z.int().nonnegative() }),
  /** The run that made the model; null when it was registered from a bare file. */
  run: z.string().nullable(),
  commit: z.string().nullable(),
  /** What that run read. */
  data: z.array(z.object({ path: z.string(), id: contentId })),
  /** Content id of reference/profile.json; null without one. */
  reference: contentId.nullable(),
  /**
   * `exact`: rows answered together have the same bits as rows answered alone; `close`: equal but for
   * rounding; `none`: the model must not be batched.
   */
  batching: z.enum(['exact', 'close', 'none']),
  /** All files but the manifest and SHA256SUMS, by path. */
  files: z.array(z.object({ path: z.string(), id: contentId, size: z.int().nonnegative() })),
});

export type BundleManifest = z.infer<typeof manifestSchema>;

export function writeManifest(manifest: BundleManifest): {
  readonly text: string;
  readonly digest: ContentId;
} {
  const text = bundleJson(manifest);
  return { text, digest: contentIdOf(text) };
}

/** Checks form and paths. `where` names the file in errors; throws `integrity` (MLO_BAD_BUNDLE). */
export function parseManifest(bytes: Uint8Array, where: string): BundleManifest {
  const manifest = parsed(bytes, where);
  for (const file of manifest.files) checkedRepoPath(file.path, where);
  const model = manifest.files.find((file) => file.path === manifest.model.path);
  if (model?.id !== manifest.model.id) {
    throw badBundle(where, 'the model is not among its files');
  }
  return manifest;
}

function parsed(bytes: Uint8Array, where: string): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw badBundle(where, messageOf(error));
  }
  const version = typeof value === 'object' && value !== null && 'mlo_bundle' in value ? value.mlo_bundle : 0;
  if (typeof version === 'number' && version > 1) {
    throw new MloError(
      'failed',
      'MLO_BUNDLE_TOO_NEW',
      `${where}: bundle format ${version}; this mlo reads format 1`,
      { hint: 'npm install -g mlo@latest' },
    );
  }
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw badBundle(where, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong form'}`);
}

function badBundle(where: string, problem: string): MloError {
  return new MloError('integrity', 'MLO_BAD_BUNDLE', `${where} is no bundle manifest: ${problem}`);
}

/** Lines of SHA256SUMS, by path. */
export function writeSums(files: readonly { readonly path: string; readonly id: ContentId }[]): string {
  return files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => `${file.id.slice('sha256:'.length)}  ${file.path}\n`)
    .join('');
}
