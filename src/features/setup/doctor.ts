import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import type { Project } from '#stores/project.ts';
import { checkEngine, checkSqlite } from './check-engines.ts';
import { checkProject } from './check-project.ts';
import { checkRemotes } from './check-remotes.ts';
import { checkGit, checkNode } from './check-tools.ts';
import { fixEngines } from './fix-engines.ts';
import type { DoctorCheck, DoctorReport } from './types.ts';

export interface DoctorOptions {
  readonly cwd: AbsolutePath;
  /** Folder of the installed mlo. */
  readonly packageDir: AbsolutePath;
  /** Where `fix` installs native engines. */
  readonly nativeDir: AbsolutePath;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The project around cwd; throws `not-a-project` when there is none and config errors when it is broken. */
  readonly openProject: () => Project;
  /** Install the native engines that are missing. */
  readonly fix: boolean;
  /** Also ask each remote. */
  readonly remote: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Looks at everything mlo needs and says what is wrong and what to type. Repairs come first, so that the
 * checks show what they achieved. Throws only when it is stopped.
 */
export async function doctor(options: DoctorOptions): Promise<DoctorReport> {
  const fixes = options.fix ? await fixEngines(options) : [];
  const checks: DoctorCheck[] = [checkNode()];
  for (const step of [checkGit, checkSqlite, checkEngine, checkProject]) {
    throwIfAborted(options.signal);
    const found = await step(options);
    checks.push(...(Array.isArray(found) ? found : [found]));
  }
  if (options.remote) checks.push(...(await checkRemotes(options)));
  const healthy =
    checks.every((check) => check.status !== 'fail') && fixes.every((fix) => fix.status !== 'failed');
  return { checks, fixes, healthy };
}
