import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Ui } from './ui/ui.ts';

/** What shell completion offers for a value. */
export type Completion = 'path' | 'model' | 'run' | 'stage' | 'remote' | 'metric';

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
  readonly required?: boolean;
  /** Takes all remaining words; only the last argument may. */
  readonly variadic?: boolean;
  readonly complete?: Completion;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
export type ArgSpecs = Readonly<Record<string, ArgSpec>>;

type OptionValue<S extends OptionSpec> = S extends { type: 'boolean' }
  ? boolean
  : S extends { type: 'strings' }
    ? readonly string[]
    : S extends { type: 'number' }
      ? S extends { default: number }
        ? number
        : number | undefined
      : S extends { default: string }
        ? string
        : string | undefined;

type ArgValue<S extends ArgSpec> = S extends { variadic: true }
  ? readonly string[]
  : S extends { required: true }
    ? string
    : string | undefined;

/** Arguments and options of a command under their camelCase names. */
export type Input<A extends ArgSpecs, O extends OptionSpecs> = {
  readonly [K in keyof A]: ArgValue<A[K]>;
} & { readonly [K in keyof O]: OptionValue<O[K]> };

export interface Example {
  readonly command: string;
  readonly explains: string;
}

/**
 * One command. `run` imports its feature with `import()`, hands over one options object and returns plain
 * JSON data; `render` turns that into text and is never called under `--json`. Option names are camelCase
 * here and kebab-case on the command line.
 */
export interface CommandDefinition<A extends ArgSpecs, O extends OptionSpecs, R> {
  /** Words after `mlo`: 'runs list'. */
  readonly path: string;
  readonly summary: string;
  readonly details?: string;
  readonly examples: readonly Example[];
  readonly args?: A;
  readonly options?: O;
  /** Hidden from help and the reference: called by shells and hooks. */
  readonly hidden?: boolean;
  /** 'project' refuses to run outside a project, with exit code 10. */
  readonly needs: 'none' | 'project';
  /** 'document': one result. 'lines': under --json every event is a line too; for work that goes on. */
  readonly output: 'document' | 'lines';
  /** Words after `--` are the user's own command: they arrive as the last, variadic argument. */
  readonly passThrough?: boolean;
  readonly run: (input: Input<A, O>, context: Context) => Promise<R>;
  readonly render: (result: R, ui: Ui) => void;
  /** When the answer can be "no" (3) or "partly" (4). */
  readonly exitCode?: (result: R, input: Input<A, O>) => ExitCode;
}

/** A command whose types are closed over: what the program and the reference generator handle. */
export interface Command {
  readonly path: string;
  readonly summary: string;
  readonly details: string;
  readonly examples: readonly Example[];
  readonly args: ArgSpecs;
  readonly options: OptionSpecs;
  readonly hidden: boolean;
  readonly needs: 'none' | 'project';
  readonly output: 'document' | 'lines';
  readonly passThrough: boolean;
  execute(input: Readonly<Record<string, unknown>>, context: Context): Promise<Execution>;
}

export interface Execution {
  readonly result: unknown;
  readonly exitCode: ExitCode;
  render(ui: Ui): void;
}

export function defineCommand<const A extends ArgSpecs, const O extends OptionSpecs, R>(
  definition: CommandDefinition<A, O, R>,
): Command {
  return {
    path: definition.path,
    summary: definition.summary,
    details: definition.details ?? '',
    examples: definition.examples,
    args: definition.args ?? {},
    options: definition.options ?? {},
    hidden: definition.hidden ?? false,
    needs: definition.needs,
    output: definition.output,
    passThrough: definition.passThrough ?? false,
    async execute(raw, context) {
      // program.ts built `raw` from these very specs.
      const input = raw as Input<A, O>;
      const result = await definition.run(input, context);
      return {
        result,
        exitCode: definition.exitCode?.(result, input) ?? 0,
        render: (ui) => definition.render(result, ui),
      };
    },
  };
}
