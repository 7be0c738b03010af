import type { CommandDescription, Completion, OptionSpec } from '../command-description.ts';
import { GLOBAL_OPTION_HELP } from '../global-options.ts';
import { kebab } from '../kebab.ts';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What may stand at the cursor: known words, and possibly values of the project or paths as well. */
export interface WordCompletion {
  readonly candidates: readonly Candidate[];
  readonly values: Completion | undefined;
  /** Text before each value, for `--option=value`. */
  readonly prefix: string;
  /** What `-C` before the cursor names, as typed: the values are those of the project there. */
  readonly cwd: string | undefined;
}

const NOTHING: WordCompletion = { candidates: [], values: undefined, prefix: '', cwd: undefined };
const PATHS: WordCompletion = { ...NOTHING, values: 'path' };

/**
 * Completes the last of `words` (what was typed after `mlo`; the last one may be empty). Pure: what needs the
 * project is named by `values`.
 */
export function completeWords(
  commands: readonly CommandDescription[],
  words: readonly string[],
): WordCompletion {
  const place = walk(commands, words.slice(0, -1));
  return { ...completeAt(commands, place, words.at(-1) ?? ''), cwd: place.cwd };
}

function completeAt(commands: readonly CommandDescription[], place: Place, current: string): WordCompletion {
  if (place.ended) return PATHS;
  if (place.pending !== undefined) return completeValue(place.pending, current, '');
  const assigned = /^(--[a-z-]+=)(.*)$/s.exec(current);
  if (assigned?.[1] !== undefined) {
    const option = place.options.find((known) => `${known.long}=` === assigned[1]);
    return option === undefined ? NOTHING : completeValue(option, assigned[2] ?? '', assigned[1]);
  }
  if (current.startsWith('-')) {
    return fitting(
      place.options.map(({ long, description }) => ({ value: long, description })),
      current,
    );
  }
  if (place.command === undefined) return fitting(nextWords(commands, place.path), current);
  return completeArgument(place.command, place.position, current);
}

interface KnownOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[] | undefined;
  readonly complete: Completion | undefined;
}

interface Place {
  readonly path: string;
  readonly command: CommandDescription | undefined;
  readonly options: readonly KnownOption[];
  /** Number of arguments before the cursor. */
  readonly position: number;
  /** The option whose value stands at the cursor. */
  readonly pending: KnownOption | undefined;
  /** A `--` stands before the cursor. */
  readonly ended: boolean;
  /** The last `-C` or `--cwd` counts, as when the command runs. */
  readonly cwd: string | undefined;
}

function walk(commands: readonly CommandDescription[], before: readonly string[]): Place {
  let path = '';
  let command: CommandDescription | undefined;
  let options: readonly KnownOption[] = GLOBAL_OPTIONS;
  let position = 0;
  let pending: KnownOption | undefined;
  let cwd: string | undefined;
  for (const word of before) {
    if (pending !== undefined) {
      if (pending.long === CWD) cwd = word;
      pending = undefined;
    } else if (word === '--') {
      return { path, command, options, position, pending, ended: true, cwd };
    } else if (word.startsWith('-')) {
      const option = options.find((known) => known.long === word || known.short === word);
      pending = option?.takesValue === true ? option : undefined;
      // The value may also be joined: --cwd=dir, -Cdir.
      if (option === undefined) cwd = /^(?:--cwd=|-C)(.+)$/s.exec(word)?.[1] ?? cwd;
    } else if (command !== undefined) {
      position += 1;
    } else {
      path = path === '' ? word : `${path} ${word}`;
      command = commands.find((known) => known.path === path);
      if (command !== undefined) options = [...optionsOf(command), ...GLOBAL_OPTIONS];
    }
  }
  return { path, command, options, position, pending, ended: false, cwd };
}

function nextWords(commands: readonly CommandDescription[], path: string): Candidate[] {
  const start = path === '' ? '' : `${path} `;
  const found = new Map<string, string>();
  for (const command of commands) {
    if (command.hidden || !command.path.startsWith(start)) continue;
    const [word = '', ...more] = command.path.slice(start.length).split(' ');
    if (!found.has(word)) found.set(word, more.length === 0 ? command.summary : '');
  }
  return [...found].map(([value, description]) => ({ value, description }));
}

function completeArgument(command: CommandDescription, position: number, current: string): WordCompletion {
  const specs = Object.values(command.args);
  const last = specs.at(-1);
  const spec = specs[position] ?? (last?.variadic === true ? last : undefined);
  if (spec === undefined) return NOTHING;
  if (spec.choices !== undefined) return fitting(plain(spec.choices), current);
  return { ...NOTHING, values: spec.complete ?? 'path' };
}

function completeValue(option: KnownOption, current: string, prefix: string): WordCompletion {
  if (option.choices !== undefined) return { ...fitting(plain(option.choices), current), prefix };
  return { ...NOTHING, values: option.complete, prefix };
}

function fitting(candidates: readonly Candidate[], current: string): WordCompletion {
  return { ...NOTHING, candidates: candidates.filter(({ value }) => value.startsWith(current)) };
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}

function optionsOf(command: CommandDescription): KnownOption[] {
  return Object.entries(command.options).map(([name, spec]) => ({
    long: `--${isOnByDefault(spec) ? 'no-' : ''}${kebab(name)}`,
    short: spec.short === undefined ? undefined : `-${spec.short}`,
    description: spec.description,
    takesValue: spec.type !== 'boolean',
    choices: spec.type === 'string' ? spec.choices : undefined,
    complete: spec.complete,
  }));
}

function isOnByDefault(spec: OptionSpec): boolean {
  return spec.type === 'boolean' && spec.default === true;
}

const CWD = '--cwd';
const COLORS = ['auto', 'always', 'never'];

const GLOBAL_OPTIONS: readonly KnownOption[] = [
  ...GLOBAL_OPTION_HELP,
  ['-h, --help', 'display help for command'] as const,
].map(([flags, description]) => {
  const long = /--[a-z-]+/.exec(flags)?.[0] ?? flags;
  return {
    long,
    short: /^-[a-zA-Z](?=,)/.exec(flags)?.[0],
    description,
    takesValue: flags.includes('<'),
    choices: long === '--color' ? COLORS : undefined,
    complete: long === CWD ? 'path' : undefined,
  };
});
