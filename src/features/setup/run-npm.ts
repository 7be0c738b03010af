import { abortedError } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { isMloError, MloError } from '#foundation/errors.ts';
import { runProcess } from '#adapters/process/run-process.ts';

export interface NpmOptions {
  readonly args: readonly string[];
  readonly cwd: AbsolutePath;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const QUIET = ['--no-fund', '--no-audit', '--no-update-notifier', '--loglevel=error'];
const KEPT_LINES = 15;

/**
 * Runs npm without its chatter; the last lines it printed are in the error. Throws `missing-tool` when there
 * is no npm and `failed` MLO_NPM_FAILED when it fails.
 */
export async function runNpm(options: NpmOptions): Promise<void> {
  let output = '';
  const end = await runProcess({
    command: ['npm', ...options.args, ...QUIET],
    cwd: options.cwd,
    env: options.env,
    signal: options.signal,
    onOutput: (_stream, chunk) => (output += chunk),
  }).catch((error: unknown) => {
    if (!isMloError(error) || error.code !== 'MLO_COMMAND_NOT_FOUND') throw error;
    throw new MloError('missing-tool', 'MLO_NPM_MISSING', 'npm is not on PATH', {
      hint: 'it comes with Node.js; add its folder to PATH',
      cause: error,
    });
  });
  if (options.signal.aborted) throw abortedError(options.signal);
  if (end.exitCode === 0) return;
  const said = output.trim().split('\n').slice(-KEPT_LINES).join('\n');
  throw new MloError('failed', 'MLO_NPM_FAILED', `npm ${options.args.join(' ')} failed:\n${said}`, {
    hint: 'npm ping    (is the registry reachable?)',
    details: { exitCode: end.exitCode ?? null, output: said },
  });
}
