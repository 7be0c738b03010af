import type { AbsolutePath } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import { runNpm } from './run-npm.ts';

/**
 * Installs what the template's package.json names. Install scripts of packages never run: nothing the
 * templates use needs one, and such scripts download from places that may not be reachable.
 */
export async function installDependencies(options: {
  readonly dir: AbsolutePath;
  readonly install: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly report: Report;
}): Promise<'done' | 'skipped'> {
  if (!options.install) return 'skipped';
  options.report({ type: 'step', message: 'installing the npm packages of the template …' });
  await runNpm({
    args: ['install', '--ignore-scripts'],
    cwd: options.dir,
    env: options.env,
    signal: options.signal,
  });
  return 'done';
}
