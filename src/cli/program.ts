import { Argument, Command as Commander, CommanderError, Option } from 'commander';
import { MloError } from '#foundation/errors.ts';
import type { ArgSpec, OptionSpec } from './command-description.ts';
import type { Command } from './define-command.ts';
import { kebab } from './kebab.ts';
import { GLOBAL_OPTION_HELP, readGlobalOptions, type GlobalOptions } from './global-options.ts';

/** What argv asked for. */
export type Invocation =
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly input: Readonly<Record<string, unknown>>;
      readonly globals: GlobalOptions;
    }
  | { readonly kind: 'text'; readonly text: string };

/** Headings of the help, in the order of the work; a command stands where its first word is named. */
const GROUPS: readonly (readonly [heading: string, words: readonly string[]])[] = [
  ['Project:', ['init', 'status', 'doctor', 'version', 'completion']],
  ['Data:', ['add', 'checkout', 'push', 'pull', 'remote']],
  ['Pipelines and runs:', ['repro', 'run', 'runs', 'log']],
  ['Models:', ['model', 'package', 'predict', 'serve']],
  ['After training:', ['drift', 'deploy', 'trace']],
];

const FAMILIES: Readonly<Record<string, string>> = {
  remote: 'name the places data is pushed to',
  runs: 'list, show and compare recorded runs',
  log: 'log to the current run from any language',
  model: 'register, promote and show models',
  drift: 'compare data with its reference',
  deploy: 'deploy packaged models',
};

/** Parses argv against the command definitions. Throws usage errors; prints nothing itself. */
export async function parseArgv(
  argv: readonly string[],
  commands: readonly Command[],
  version: string,
): Promise<Invocation> {
  let found: Invocation | undefined;
  let text = '';
  const root = withGlobals(new Commander('mlo'))
    .description('The whole life of a machine-learning model in one tool.')
    .version(version, '-V, --version', 'print the version')
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
    .enablePositionalOptions()
    .addHelpText('after', '\nDocs: docs/ in the package. Every command: mlo <command> --help\n');
  root.commandsGroup('Project:').helpCommand(true);
  for (const command of needed(argv, commands)) {
    const node = addNode(root, command);
    node.action((...values: unknown[]) => {
      found = {
        kind: 'run',
        command,
        input: readInput(command, node, values),
        globals: readGlobalOptions(givenOptions(node)),
      };
    });
  }
  configureOutput(root, (chunk) => (text += chunk));
  try {
    await root.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    if (error.code === 'commander.help') return familyHelp(argv, text);
    throw usageError(error, argv, commands);
  }
  return found ?? { kind: 'text', text: root.helpInformation() };
}

/**
 * The commands that can be meant. Describing all of them to the parser costs a quarter of a start, so it knows
 * only those that begin with the first word; all of them when that word is no command (help, a typing error).
 */
function needed(argv: readonly string[], commands: readonly Command[]): readonly Command[] {
  const word = firstWord(argv);
  const found = commands.filter(({ path }) => path === word || path.startsWith(`${word} `));
  return found.length > 0 ? found : commands;
}

/** The first word that is neither a global option nor the value of one. */
function firstWord(argv: readonly string[]): string {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) return word;
    const flags = GLOBAL_OPTION_HELP.find(([known]) => known.split(/[ ,]+/).includes(word))?.[0];
    if (flags?.includes('<') === true) at += 1;
  }
  return '';
}

/** A family called without a verb: its help, as git and kubectl do, but as a usage error for scripts. */
function familyHelp(argv: readonly string[], text: string): Invocation {
  if (argv.every((word) => word.startsWith('-'))) return { kind: 'text', text };
  throw new MloError('usage', 'MLO_USAGE', `"mlo ${argv.join(' ')}" needs a verb\n\n${text.trimEnd()}`);
}

function withGlobals(command: Commander): Commander {
  for (const [flags, description] of GLOBAL_OPTION_HELP) command.addOption(new Option(flags, description));
  return command;
}

/**
 * Words after a command belong to it alone once one command takes all of them (`mlo run python … --json`), so
 * each command knows the global options itself; help shows them once, as the root's.
 */
function withHiddenGlobals(command: Commander): Commander {
  for (const [flags, description] of GLOBAL_OPTION_HELP) {
    const option = new Option(flags, description).hideHelp();
    const taken = command.options.some(
      (own) =>
        own.attributeName() === option.attributeName() || (own.short != null && own.short === option.short),
    );
    if (!taken) command.addOption(option);
  }
  return command;
}

/** What was written on the command line, at the command before its parents; no defaults. */
function givenOptions(node: Commander): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {};
  for (let at: Commander | null = node; at !== null; at = at.parent) {
    for (const [name, value] of Object.entries(at.opts())) {
      if (at.getOptionValueSource(name) === 'cli') given[name] ??= value;
    }
  }
  return given;
}

function configureOutput(command: Commander, write: (chunk: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: write, writeErr: write, outputError: () => {} });
  for (const child of command.commands) configureOutput(child, write);
}

function addNode(root: Commander, command: Command): Commander {
  const words = command.path.split(' ');
  let parent = root;
  for (const word of words.slice(0, -1)) {
    parent = parent.commands.find((child) => child.name() === word) ?? addFamily(parent, word);
  }
  const node = new Commander(words.at(-1))
    .helpGroup(words.length === 1 ? groupOf(command.path) : 'Commands:')
    .summary(command.summary)
    .description(
      command.details === '' ? command.summary : `${command.summary}\n\n${flowing(command.details)}`,
    )
    .configureHelp({ showGlobalOptions: true });
  if (command.passThrough) node.passThroughOptions();
  for (const [name, spec] of Object.entries(command.args)) node.addArgument(toArgument(name, spec));
  for (const [name, spec] of Object.entries(command.options)) node.addOption(toOption(name, spec));
  if (command.examples.length > 0) node.addHelpText('after', () => exampleText(command));
  parent.addCommand(withHiddenGlobals(node), { hidden: command.hidden });
  return node;
}

function addFamily(parent: Commander, word: string): Commander {
  const family = withHiddenGlobals(new Commander(word).description(FAMILIES[word] ?? word))
    .helpGroup(groupOf(word))
    .configureHelp({ subcommandTerm });
  parent.addCommand(family);
  return family;
}

function groupOf(word: string): string {
  return GROUPS.find(([, words]) => words.includes(word))?.[0] ?? 'More:';
}

/** The source's line ends do not count, since help wraps to the terminal; indented lines stay lines. */
function flowing(text: string): string {
  return text.replace(/(?<!\n)\n(?![\n ])/g, ' ');
}

/** A command in the list of its parent: that it has options needs no saying. */
function subcommandTerm(command: Commander): string {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return command.name() + args.join('');
}

function exampleText(command: Command): string {
  const lines = command.examples.map((example) => `  $ ${example.command}\n      ${example.explains}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

function toArgument(name: string, spec: ArgSpec): Argument {
  const dots = spec.variadic === true ? '...' : '';
  const word = kebab(name) + dots;
  const argument = new Argument(spec.required === true ? `<${word}>` : `[${word}]`, spec.description);
  return spec.choices === undefined ? argument : argument.choices(spec.choices);
}

function toOption(name: string, spec: OptionSpec): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.type === 'boolean' ? '' : ` <${spec.value ?? defaultValueName(spec)}>`;
  // A switch that is on by default is offered as its opposite: --no-install.
  const no = spec.type === 'boolean' && spec.default === true ? 'no-' : '';
  const option = new Option(`${short}--${no}${kebab(name)}${value}`, spec.description);
  if (spec.type === 'string' && spec.choices) option.choices([...spec.choices]);
  if (spec.type === 'strings')
    option.argParser((text: string, all: string[] | undefined) => [...(all ?? []), text]);
  if (spec.type !== 'strings' && spec.type !== 'boolean' && spec.default !== undefined)
    option.default(spec.default);
  return option;
}

function defaultValueName(spec: OptionSpec): string {
  return spec.type === 'number' ? 'n' : 'value';
}

/** Positional values and options under the names of the definition, converted and checked. */
function readInput(command: Command, node: Commander, values: readonly unknown[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  Object.entries(command.args).forEach(([name, spec], index) => {
    const value = values[index];
    input[name] = spec.variadic === true ? (value ?? []) : value;
    const empty = Array.isArray(value) && value.length === 0;
    if (spec.required === true && empty) {
      throw new MloError('usage', 'MLO_USAGE', `"mlo ${command.path}" needs ${name}`, {
        hint: `mlo ${command.path} --help`,
      });
    }
  });
  const options = node.opts();
  for (const [name, spec] of Object.entries(command.options))
    input[name] = readOption(name, spec, options[name]);
  return input;
}

function readOption(name: string, spec: OptionSpec, value: unknown): unknown {
  if (spec.type === 'boolean') return value === true || (value === undefined && spec.default === true);
  if (spec.type === 'strings') return value ?? [];
  if (spec.type === 'number' && value !== undefined) return readNumber(name, spec, value);
  return value;
}

function readNumber(name: string, spec: Extract<OptionSpec, { type: 'number' }>, value: unknown): number {
  const number = Number(value);
  const min = spec.min ?? -Infinity;
  const max = spec.max ?? Infinity;
  const good =
    String(value).trim() !== '' &&
    Number.isFinite(number) &&
    number >= min &&
    number <= max &&
    (spec.integer !== true || Number.isInteger(number));
  if (good) return number;
  const kind = spec.integer === true ? 'a whole number' : 'a number';
  const range = `${spec.min === undefined ? '' : ` from ${spec.min}`}${spec.max === undefined ? '' : ` to ${spec.max}`}`;
  throw new MloError('usage', 'MLO_USAGE', `--${kebab(name)} takes ${kind}${range}, not "${String(value)}"`);
}

function usageError(error: CommanderError, argv: readonly string[], commands: readonly Command[]): MloError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.+)\?\)$/, '; did you mean $1?')
    .replaceAll("'", '"');
  return new MloError('usage', 'MLO_USAGE', message, { hint: `${helpFor(argv, commands)} --help` });
}

/** The command or family that the words name as far as they can be understood. */
function helpFor(argv: readonly string[], commands: readonly Command[]): string {
  const words = argv.filter((part) => !part.startsWith('-'));
  const start = words.findIndex((word) =>
    commands.some(({ path }) => path === word || path.startsWith(`${word} `)),
  );
  const [first, second] = words.slice(start);
  if (start === -1 || first === undefined) return 'mlo';
  const both = `${first} ${second ?? ''}`;
  return commands.some(({ path }) => path === both) ? `mlo ${both}` : `mlo ${first}`;
}
