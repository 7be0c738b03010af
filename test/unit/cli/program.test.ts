import { describe, expect, test } from 'vitest';
import { defineCommand, type Command } from '#cli/define-command.ts';
import { parseArgv, type Invocation } from '#cli/program.ts';
import { MloError } from '#foundation/errors.ts';

const base = {
  summary: 'a command',
  examples: [],
  needs: 'none',
  output: 'document',
  run: () => Promise.resolve(null),
  render: () => {},
} as const;

const COMMANDS: readonly Command[] = [
  defineCommand({
    ...base,
    path: 'train',
    args: { data: { description: 'd', required: true }, more: { description: 'm', variadic: true } },
    options: {
      epochs: { type: 'number', integer: true, min: 1, max: 100, default: 10, description: 'e' },
      rate: { type: 'number', description: 'r' },
      tag: { type: 'strings', short: 't', description: 't' },
      mode: { type: 'string', choices: ['fast', 'slow'], default: 'fast', description: 'm' },
      keepOld: { type: 'boolean', short: 'k', description: 'k' },
      install: { type: 'boolean', default: true, description: 'i' },
    },
  }),
  defineCommand({ ...base, path: 'runs list' }),
  defineCommand({ ...base, path: 'runs show', args: { run: { description: 'r' } } }),
  defineCommand({
    ...base,
    path: 'run',
    passThrough: true,
    args: { command: { description: 'c', required: true, variadic: true } },
    options: { name: { type: 'string', description: 'n' } },
  }),
  defineCommand({ ...base, path: '__hidden', hidden: true }),
];

type Run = Extract<Invocation, { kind: 'run' }>;

async function parse(...argv: string[]): Promise<Run> {
  const found = await parseArgv(argv, COMMANDS, '1.2.3');
  if (found.kind !== 'run') throw new Error(`text: ${found.text}`);
  return found;
}

async function text(...argv: string[]): Promise<string> {
  const found = await parseArgv(argv, COMMANDS, '1.2.3');
  return found.kind === 'text' ? found.text : 'ran';
}

async function refusal(...argv: string[]): Promise<MloError> {
  const error: unknown = await parseArgv(argv, COMMANDS, '1.2.3').catch((problem: unknown) => problem);
  if (!(error instanceof MloError)) throw new Error(`not refused: ${argv.join(' ')}`);
  expect(error.kind).toBe('usage');
  return error;
}

describe('arguments and options', () => {
  test('arrive converted, under the names of the definition, with defaults', async () => {
    expect((await parse('train', 'a.csv')).input).toEqual({
      data: 'a.csv',
      more: [],
      epochs: 10,
      rate: undefined,
      tag: [],
      mode: 'fast',
      keepOld: false,
      install: true,
    });
    const argv = ['train', 'a', 'b', 'c', '--epochs', '3', '--rate=-1e-3', '-t', 'x', '--tag=y', '-k'];
    expect((await parse(...argv, '--mode', 'slow', '--no-install')).input).toEqual({
      data: 'a',
      more: ['b', 'c'],
      epochs: 3,
      rate: -0.001,
      tag: ['x', 'y'],
      mode: 'slow',
      keepOld: true,
      install: false,
    });
  });

  test('a file that looks like an option is given after --', async () => {
    expect((await parse('train', '--', '-odd.csv')).input).toMatchObject({ data: '-odd.csv' });
  });

  test('families find their verbs', async () => {
    expect((await parse('runs', 'show', 'abc')).command.path).toBe('runs show');
    expect((await parse('runs', 'show')).input).toEqual({ run: undefined });
  });

  test("a user's own command keeps its words, options of mlo's names included", async () => {
    const found = await parse('run', '--name', 'n', '--', 'python', 'train.py', '--json', '--name', 'other');
    expect(found.input).toEqual({ command: ['python', 'train.py', '--json', '--name', 'other'], name: 'n' });
    expect(found.globals.json).toBe(false);
    expect((await parse('run', 'python', '-v')).input.command).toEqual(['python', '-v']);
  });
});

describe('global options', () => {
  test.each([
    ['before', ['--json', '-q', '--lock-timeout', '2', '-C', '/x', 'runs', 'list']],
    ['after', ['runs', 'list', '--json', '-q', '--lock-timeout', '2', '-C', '/x']],
    ['between', ['runs', '--json', '-q', '--lock-timeout=2', '--cwd=/x', 'list']],
  ])('%s the command', async (_where, argv) => {
    expect((await parse(...argv)).globals).toEqual({
      json: true,
      quiet: true,
      verbose: false,
      yes: false,
      input: true,
      color: 'auto',
      cwd: '/x',
      lockTimeoutMs: 2000,
    });
  });

  test('before a command that takes all words', async () => {
    const found = await parse('--json', 'run', '--', 'true');
    expect(found.globals.json).toBe(true);
  });

  test('the last word on colour and questions', async () => {
    expect((await parse('runs', 'list', '--color', 'never', '--no-input', '-y')).globals).toMatchObject({
      color: 'never',
      input: false,
      yes: true,
    });
  });
});

describe('a wrong call is one usage error', () => {
  test.each([
    [['trian', 'x'], /unknown command "trian"; did you mean train\?/],
    [['runs', 'lst'], /unknown command "lst"; did you mean list\?/],
    [['train'], /missing required argument "data"/],
    [['train', 'a', '--epoch', '3'], /unknown option "--epoch"; did you mean --epochs\?/],
    [['train', 'a', '--epochs', '0'], /--epochs takes a whole number from 1 to 100, not "0"/],
    [['train', 'a', '--epochs', '101'], /--epochs takes/],
    [['train', 'a', '--epochs', '1.5'], /whole number/],
    [['train', 'a', '--epochs', ''], /whole number/],
    [['train', 'a', '--rate', 'fast'], /--rate takes a number, not "fast"/],
    [['train', 'a', '--rate', 'NaN'], /--rate takes a number/],
    [['train', 'a', '--rate', 'Infinity'], /--rate takes a number/],
    [['train', 'a', '--epochs'], /argument missing/],
    [['train', 'a', '--mode', 'odd'], /Allowed choices are fast, slow/],
    [['runs', 'list', 'extra'], /too many arguments/],
    [['runs'], /"mlo runs" needs a verb[^]*list[^]*show/],
    [['run', '--'], /"command"|needs command/],
    [['runs', 'list', '--color', 'red'], /--color takes auto, always or never/],
    [['runs', 'list', '--lock-timeout', '-1'], /--lock-timeout takes a number of seconds/],
  ] as const)('%j', async (argv, message) => {
    expect((await refusal(...argv)).message).toMatch(message);
  });

  test('hints at the help that fits', async () => {
    expect((await refusal('train')).hint).toBe('mlo train --help');
    expect((await refusal('nonsense')).hint).toBe('mlo --help');
    expect((await refusal('runs', 'lst')).hint).toBe('mlo runs --help');
  });
});

describe('texts', () => {
  test('the version and the help are results', async () => {
    expect(await text('--version')).toBe('1.2.3\n');
    expect(await text('-V')).toBe('1.2.3\n');
    const help = await text('--help');
    expect(help).toMatch(/train[^]*runs/);
    expect(help).not.toContain('__hidden');
    expect(await text()).toContain('Usage: mlo');
    const own = await text('train', '--help');
    expect(own).toContain('--keep-old');
    expect(own).toContain('--no-install');
    expect(own).toContain('--json');
  });
});
