import type { AbsolutePath } from '#foundation/brands.ts';

export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** In memory, or a file that stays unchanged while it is sent. Both can be sent again after a failure. */
export type ObjectBody = Uint8Array | { readonly path: AbsolutePath; readonly size: number };

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface GetOptions extends RequestOptions {
  readonly range?: { readonly start: number; readonly length: number };
}

export interface PutOptions extends RequestOptions {
  /** Writes only when there is no object of this key. */
  readonly ifAbsent?: boolean;
  /** SHA-256 of the body, 64 hex digits: sent along so that the server checks what it received. */
  readonly sha256?: string;
}

/**
 * Objects under keys: a folder, S3, memory. Keys are relative paths with forward slashes; the store's own
 * prefix never shows in them. An object appears whole or not at all. Errors: `auth` (credentials refused),
 * `remote` (unreachable or failing; `details.retryable` says whether trying again may help).
 */
export interface ObjectStore {
  /** For people, without secrets. */
  readonly url: string;
  /** Undefined when there is no such object. A range beyond the end gives what there is. */
  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined>;
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<'created' | 'exists'>;
  /** Objects whose key starts with the prefix, in key order. */
  list(prefix: string, options?: RequestOptions): AsyncIterable<ObjectInfo>;
  head(key: string, options?: RequestOptions): Promise<ObjectInfo | undefined>;
  /** Harmless when there is no such object. */
  delete(key: string, options?: RequestOptions): Promise<void>;
}

/** Settings of a remote, as in `remotes.<name>` of the configuration. */
export interface ObjectStoreSettings {
  readonly url: string;
  readonly endpoint_url?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}
