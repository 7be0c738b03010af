import type { RepoPath } from '#foundation/brands.ts';
import type { YamlPath } from './yaml.ts';

/** `mlo.yaml` as written: `${…}` is not resolved yet, see mlo-yaml-template.ts. */
export interface ProjectFile {
  /** The path as the user knows it. */
  readonly name: string;
  readonly stages: Readonly<Record<string, StageDefinition>>;
  readonly models: Readonly<Record<string, ModelDefinition>>;
  /** Values for `${…}`, merged over params.yaml. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Unchecked here (see formats/environments.ts), so that only deploying loads what checks it. */
  readonly environments: Readonly<Record<string, unknown>>;
  /** `mlo.yaml:12:3` of a value: `where(['stages', 'train', 'cmd'])`. */
  where(path: YamlPath): string;
  whereKey(path: YamlPath): string;
}

export type OutRole = 'out' | 'metric' | 'plot';

export interface OutDefinition {
  /** As written, relative to the stage's `wdir`. */
  readonly path: string;
  readonly role: OutRole;
  /** Kept in the content store and out of Git. */
  readonly cache: boolean;
  /** The command continues from the previous content. */
  readonly persist: boolean;
  readonly plot: PlotOptions | undefined;
  readonly at: YamlPath;
}

export interface PlotOptions {
  readonly x?: string;
  readonly y?: string | readonly string[];
  readonly x_label?: string;
  readonly y_label?: string;
  readonly title?: string;
  readonly template?: string;
  readonly header?: boolean;
}

export interface DepDefinition {
  readonly path: string;
  readonly at: YamlPath;
}

export interface ParamDefinition {
  /** As written, relative to `wdir`; undefined: params.yaml. */
  readonly file: string | undefined;
  /** Dotted key; undefined: the whole file. */
  readonly key: string | undefined;
  readonly at: YamlPath;
}

export interface StageDefinition {
  readonly name: string;
  readonly cmd: readonly string[];
  readonly deps: readonly DepDefinition[];
  readonly params: readonly ParamDefinition[];
  readonly outs: readonly OutDefinition[];
  readonly wdir: string | undefined;
  readonly frozen: boolean;
  readonly alwaysChanged: boolean;
  readonly desc: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly at: YamlPath;
}

export interface ModelDefinition {
  readonly name: string;
  readonly path: RepoPath;
  readonly signature: RepoPath | undefined;
  readonly example: RepoPath | undefined;
  /** Dataset whose profile is the reference for drift. */
  readonly reference: RepoPath | undefined;
  /** By the alias they guard. */
  readonly gates: Readonly<Record<string, readonly Gate[]>>;
}

export type Gate =
  | {
      readonly versus: undefined;
      readonly metric: string;
      readonly min: number | undefined;
      readonly max: number | undefined;
    }
  /** At least `margin` better than the version that holds the alias now; negative margins allow a loss. */
  | {
      readonly versus: 'champion';
      readonly metric: string;
      readonly margin: number;
      readonly direction: 'higher' | 'lower';
    };
