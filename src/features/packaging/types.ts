import type { ContentId } from '#foundation/brands.ts';
import type { BundleManifest } from '#formats/bundle.ts';
import type { ModelSignature } from '#formats/inference/signature.ts';

export interface PackageCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

export interface PackageOutcome {
  readonly ref: string;
  readonly name: string;
  readonly version: number;
  /** SHA-256 of the manifest: the identity of the bundle. */
  readonly digest: ContentId;
  readonly treeId: ContentId;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly checks: readonly PackageCheck[];
  /** True when this very bundle existed already: nothing new was recorded. */
  readonly existed: boolean;
  /** Folder the bundle was written to; undefined: only into the store. */
  readonly output: string | undefined;
}

/** A bundle whose checksums were verified. */
export interface OpenedBundle {
  readonly digest: ContentId;
  readonly manifest: BundleManifest;
  readonly signature: ModelSignature;
  readonly model: Uint8Array;
  /** Any other file of the bundle, verified. Throws `not-found` when the bundle has no such file. */
  readFile(path: string): Promise<Uint8Array>;
}
