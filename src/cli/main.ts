import { relative } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import type { MloEvent } from '#foundation/events.ts';
import { locateProject } from '#foundation/project-location.ts';
import { absolutePath, joinPath } from '#foundation/paths.ts';
import { COMMANDS } from './commands/index.ts';
import { makeContext, type ConfigLoader, type Context } from './context.ts';
import type { Command } from './define-command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';
import { parseArgv } from './program.ts';
import { reportError } from './report-error.ts';
import { makeDisplay } from './ui/display.ts';
import { shellWord } from './ui/format.ts';
import { makeTheme, wantsColor } from './ui/theme.ts';
import { makeUi } from './ui/ui.ts';

/** The process as the command line sees it; tests hand in their own. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  readonly packageDir: string;
  readonly stdout: {
    readonly isTTY: boolean;
    readonly columns: number | undefined;
    write(text: string): void;
  };
  readonly stderr: {
    readonly isTTY: boolean;
    readonly columns: number | undefined;
    write(text: string): void;
  };
  readonly stdinIsTTY: boolean;
  readonly signal: AbortSignal;
  readAllStdin(): Promise<string>;
}

/** argv in, exit code out. Never exits, never throws. */
export async function main(host: Host): Promise<ExitCode> {
  let globals = guessGlobals(host.argv);
  try {
    const invocation = await parseArgv(host.argv, COMMANDS, host.version);
    if (invocation.kind === 'text') {
      host.stdout.write(invocation.text);
      return EXIT.ok;
    }
    globals = invocation.globals;
    return await runCommand(host, invocation.command, invocation.input, globals);
  } catch (error) {
    return fail(host, globals, error);
  }
}

async function runCommand(
  host: Host,
  command: Command,
  input: Readonly<Record<string, unknown>>,
  globals: GlobalOptions,
): Promise<ExitCode> {
  const loadConfig = command.needs === 'none' ? undefined : (await import('./load-config.ts')).loadConfig;
  const session = openSession({ host, globals, command, loadConfig });
  try {
    if (command.needs === 'project') locateProject(session.context.cwd);
    const execution = await command.execute(input, session.context);
    session.clear();
    if (globals.json) {
      const envelope = { ok: true, result: execution.result ?? null };
      writeJson(host, command.output === 'lines' ? { type: 'result', ...envelope } : envelope);
    } else {
      execution.render(session.ui);
    }
    return execution.exitCode;
  } catch (error) {
    session.clear();
    return fail(host, globals, error, command);
  }
}

interface Session {
  readonly context: Context;
  readonly ui: ReturnType<typeof makeUi>;
  clear(): void;
}

function openSession(from: {
  readonly host: Host;
  readonly globals: GlobalOptions;
  readonly command: Command;
  readonly loadConfig: ConfigLoader | undefined;
}): Session {
  const { host, globals, command } = from;
  const color = (stream: Host['stdout']): boolean => wantsColor(globals.color, host.env, stream.isTTY);
  const ci = host.env.CI !== undefined && host.env.CI !== '' && host.env.CI !== 'false';
  const display = makeDisplay({
    writeErr: (text) => host.stderr.write(text),
    writeOut: (text) => host.stdout.write(text),
    theme: makeTheme(color(host.stderr)),
    live: host.stderr.isTTY && !ci && !globals.json,
    quiet: globals.quiet || (globals.json && command.output === 'lines'),
    json: globals.json,
    columns: host.stderr.columns ?? 80,
    now: () => Date.now(),
  });
  const asLines = globals.json && command.output === 'lines';
  const report = (event: MloEvent): void => {
    if (asLines) writeJson(host, event);
    else display.report(event);
  };
  const context = makeContext({
    cwd: absolutePath(host.cwd, globals.cwd ?? '.'),
    env: host.env,
    signal: host.signal,
    report,
    json: globals.json,
    verbose: globals.verbose,
    interactive: host.stderr.isTTY && !ci && globals.input && !globals.json && host.stdinIsTTY,
    yes: globals.yes,
    lockTimeoutMs: globals.lockTimeoutMs,
    version: host.version,
    packageDir: host.packageDir as AbsolutePath,
    commands: COMMANDS,
    loadConfig: from.loadConfig,
    now: () => Date.now(),
    readAllStdin: () => host.readAllStdin(),
  });
  const ui = makeUi((text) => host.stdout.write(text), makeTheme(color(host.stdout)), {
    verbose: globals.verbose,
    width: host.stdout.isTTY ? host.stdout.columns : undefined,
    path: (path) => typedPath(context.cwd, context.paths().root, path),
  });
  return { context, ui, clear: () => display.clear() };
}

function fail(host: Host, globals: GlobalOptions, error: unknown, command?: Command): ExitCode {
  const theme = makeTheme(wantsColor(globals.color, host.env, host.stderr.isTTY));
  // Work cut short by a signal fails in many ways; what the user did is the reason.
  const cause = host.signal.aborted && !(error instanceof MloError) ? abortedByHost(host.signal) : error;
  const cwd = absolutePath(host.cwd, globals.cwd ?? '.');
  const reported = reportError(cause, theme, globals.verbose, (path) => shellWord(typedIfFound(cwd, path)));
  if (globals.json) {
    const envelope = { ok: false, error: reported.json };
    writeJson(host, command?.output === 'lines' ? { type: 'error', ...envelope } : envelope);
  } else {
    host.stderr.write(reported.text);
  }
  return reported.exitCode;
}

/** A path of the project as it is typed in `cwd`. */
function typedPath(cwd: AbsolutePath, root: AbsolutePath, path: string): string {
  return relative(cwd, joinPath(root, path)) || '.';
}

/** For errors: the project may be what is wrong. */
function typedIfFound(cwd: AbsolutePath, path: string): string {
  try {
    return typedPath(cwd, locateProject(cwd).root, path);
  } catch {
    return path;
  }
}

function abortedByHost(signal: AbortSignal): MloError {
  const name = typeof signal.reason === 'string' ? signal.reason : 'SIGINT';
  return new MloError('aborted', 'MLO_ABORTED', `stopped by ${name}`, { details: { signal: name } });
}

/** What has no value is null, so that an object of one kind always has the same keys. */
function writeJson(host: Host, value: unknown): void {
  host.stdout.write(`${JSON.stringify(value, (_key, part: unknown) => part ?? null)}\n`);
}

/** Before argv is understood its errors still must know about --json and colour. */
function guessGlobals(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  return {
    json: own.includes('--json'),
    quiet: false,
    verbose: own.includes('--verbose') || own.includes('-v'),
    yes: false,
    input: true,
    color: 'auto',
    cwd: undefined,
    lockTimeoutMs: undefined,
  };
}
