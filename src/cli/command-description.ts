/** What shell completion offers for a value. */
export type Completion =
  | 'path'
  /** Names only. */
  | 'model'
  /** A model, an alias of it or a version. */
  | 'model-ref'
  | 'run'
  | 'stage'
  | 'remote'
  | 'metric'
  | 'environment';

interface OptionBase {
  readonly description: string;
  readonly short?: string;
  /** Name of the value in help: `--name <value>`. */
  readonly value?: string;
  readonly complete?: Completion;
}

export type OptionSpec =
  | (OptionBase & { readonly type: 'boolean'; readonly default?: boolean })
  | (OptionBase & {
      readonly type: 'string';
      readonly default?: string;
      readonly choices?: readonly string[];
    })
  | (OptionBase & {
      readonly type: 'number';
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
      readonly integer?: boolean;
    })
  /** May be given several times. */
  | (OptionBase & { readonly type: 'strings' });

export interface ArgSpec {
  readonly description: string;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** Takes all remaining words; only the last argument may. */
  readonly variadic?: boolean;
  readonly complete?: Completion;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
export type ArgSpecs = Readonly<Record<string, ArgSpec>>;

export interface Example {
  readonly command: string;
  readonly explains: string;
}

/** What can be said of a command without running it: enough for help, completion and the reference. */
export interface CommandDescription {
  readonly path: string;
  readonly summary: string;
  readonly details: string;
  readonly examples: readonly Example[];
  readonly args: ArgSpecs;
  readonly options: OptionSpecs;
  readonly hidden: boolean;
  readonly needs: 'none' | 'optional-project' | 'project';
  readonly output: 'document' | 'lines';
  readonly passThrough: boolean;
}
