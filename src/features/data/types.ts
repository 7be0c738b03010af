import type { ContentId, RepoPath } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import type { Project } from '#stores/project.ts';

/** What every use case of this feature takes. */
export interface DataContext {
  readonly project: Project;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

export type ContentKind = 'file' | 'dir';

/** The identity of a file or folder. Folders are Merkle trees: `id` is the root node's. */
export interface Content {
  readonly kind: ContentKind;
  readonly id: ContentId;
  /** Bytes; for a folder the sum over its files. */
  readonly size: number;
  /** 1 for a file. */
  readonly nfiles: number;
}

/** A path of the workspace whose content is versioned: by a pointer file or by a stage of mlo.lock. */
export interface TrackedItem extends Content {
  readonly path: RepoPath;
}

/** A pointer file `X.mlo` found in the work tree, with the path X it stands for. */
export interface FoundPointer extends TrackedItem {
  readonly pointerPath: RepoPath;
}

/** What a path of the workspace shall hold. */
export type RestoreItem = Pick<TrackedItem, 'path' | 'kind' | 'id'>;

export interface AddedItem extends TrackedItem {
  readonly pointerPath: RepoPath;
  readonly change: 'new' | 'modified' | 'unchanged';
}

export interface AddResult {
  readonly items: readonly AddedItem[];
  /** Files for Git: pointers and .gitignore files that were written now. */
  readonly forGit: readonly RepoPath[];
}

/** `not-in-store`: the pointer's content is neither in the local store nor (unchanged) safe to rebuild. */
export type DataState = 'unchanged' | 'new' | 'modified' | 'deleted' | 'not-in-store';

export interface FileState {
  /** Relative to the project root. */
  readonly path: string;
  readonly state: Exclude<DataState, 'unchanged'>;
}

export interface ItemStatus extends TrackedItem {
  readonly state: DataState;
  readonly pointerPath: RepoPath | undefined;
  /** The local store holds the recorded content. */
  readonly inStore: boolean;
  /** Files of a folder that differ; filled when asked for. */
  readonly files: readonly FileState[];
}

export interface DataStatus {
  readonly items: readonly ItemStatus[];
  readonly dirty: boolean;
  /** A checkout was interrupted; the next changing command finishes it. */
  readonly interrupted: boolean;
}

export interface CheckoutResult {
  readonly items: readonly (TrackedItem & { readonly change: 'unchanged' | 'created' | 'updated' })[];
  readonly filesWritten: number;
  readonly filesRemoved: number;
}

export interface PushResult {
  readonly remote: string;
  readonly url: string;
  readonly items: number;
  /** Objects (files, tree nodes, chunks) that were not there yet. */
  readonly objects: number;
  readonly packs: number;
  /** Bytes sent. */
  readonly bytes: number;
  readonly upToDate: boolean;
}

export interface FetchResult {
  readonly remote: string;
  readonly url: string;
  readonly items: number;
  readonly objects: number;
  /** Bytes received. */
  readonly bytes: number;
  readonly upToDate: boolean;
}

export interface PullResult extends FetchResult {
  readonly checkout: CheckoutResult;
}

export interface RemoteInfo {
  readonly name: string;
  readonly url: string;
  readonly endpointUrl: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly isDefault: boolean;
}
