import { MloError } from '#foundation/errors.ts';
import type { ColorChoice } from './ui/theme.ts';

/** Options every command takes, before or after the command's name. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  readonly input: boolean;
  readonly color: ColorChoice;
  readonly cwd: string | undefined;
  readonly lockTimeoutMs: number | undefined;
}

export const GLOBAL_OPTION_HELP: readonly (readonly [flags: string, description: string])[] = [
  ['--json', 'print one JSON document (or JSON lines) on stdout'],
  ['-q, --quiet', 'no progress, only warnings and errors on stderr'],
  ['-v, --verbose', 'more detail'],
  ['-y, --yes', 'answer yes to every question'],
  ['--no-input', 'never ask; fail and name the flag instead'],
  ['--color <when>', 'auto, always or never'],
  ['-C, --cwd <dir>', 'run as if started in this folder'],
  ['--lock-timeout <seconds>', 'how long to wait for another mlo; 0 fails at once'],
];

export function readGlobalOptions(raw: Readonly<Record<string, unknown>>): GlobalOptions {
  return {
    json: raw.json === true,
    quiet: raw.quiet === true,
    verbose: raw.verbose === true,
    yes: raw.yes === true,
    input: raw.input !== false,
    color: readColor(raw.color),
    cwd: typeof raw.cwd === 'string' ? raw.cwd : undefined,
    lockTimeoutMs: readSeconds(raw.lockTimeout),
  };
}

function readColor(value: unknown): ColorChoice {
  if (value === undefined) return 'auto';
  if (value === 'auto' || value === 'always' || value === 'never') return value;
  throw new MloError(
    'usage',
    'MLO_USAGE',
    `--color takes auto, always or never, not ${JSON.stringify(value)}`,
  );
}

function readSeconds(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  throw new MloError(
    'usage',
    'MLO_USAGE',
    `--lock-timeout takes a number of seconds, not ${JSON.stringify(value)}`,
  );
}
