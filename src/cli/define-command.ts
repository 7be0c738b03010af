import type {
  ArgSpec,
  ArgSpecs,
  CommandDescription,
  Example,
  OptionSpec,
  OptionSpecs,
} from './command-description.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Ui } from './ui/ui.ts';

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
  /** 'project' refuses to run outside a project, with exit code 10; 'none' cannot read the configuration. */
  readonly needs: 'none' | 'optional-project' | 'project';
  /** 'document': one result. 'lines': under --json every event is a line too; for work that goes on. */
  readonly output: 'document' | 'lines';
  /** Words after `--` are the user's own command: they arrive as the last, variadic argument. */
  readonly passThrough?: boolean;
  readonly run: (input: Input<A, O>, context: Context) => Promise<R>;
  readonly render: (result: R, ui: Ui, input: Input<A, O>) => void;
  /** When the answer can be "no" (3) or "partly" (4). */
  readonly exitCode?: (result: R, input: Input<A, O>) => ExitCode;
}

/** A command whose types are closed over: what the program handles. */
export interface Command extends CommandDescription {
  execute(input: Readonly<Record<string, unknown>>, context: Context): Promise<Execution>;
}

export interface Execution {
  readonly result: unknown;
  readonly exitCode: ExitCode;
  render(ui: Ui): void;
}

/** Gives a definition its defaults and closes over its types; input arrives checked by the program. */
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
        render: (ui) => definition.render(result, ui, input),
      };
    },
  };
}
