import type { ImportUse, SourceFacts } from './scan-source.ts';

export interface Violation {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** One import with what it leads to: a file of the tree, or a package. */
export interface Edge extends ImportUse {
  readonly from: string;
  /** `src/…` path when it leads into the tree, whether or not the file exists. */
  readonly file: string | undefined;
  /** Package name without sub-path; `node:fs` for built-in modules. */
  readonly package: string | undefined;
}

export interface Tree {
  readonly facts: ReadonlyMap<string, SourceFacts>;
  readonly edges: readonly Edge[];
}

/** `place` is a folder ending in `/` or a file. */
export function lies(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}
