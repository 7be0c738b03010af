import { statSync } from 'node:fs';
import type { AbsolutePath } from '#foundation/brands.ts';
import { acquireLock } from '#foundation/process-lock.ts';
import { workspaceLock } from './index-cache.ts';
import { finishInterrupted } from './journal.ts';
import type { DataContext } from './types.ts';

/**
 * Runs work that changes the workspace or its index: one at a time over all processes. What an earlier process
 * left half done is finished first.
 */
export async function withWorkspace<T>(
  context: DataContext,
  command: string,
  work: () => Promise<T>,
): Promise<T> {
  await using _lock = await acquireLock(lockOptions(context, command));
  await finishInterrupted(context);
  return await work();
}

function lockOptions(context: DataContext, command: string): Parameters<typeof acquireLock>[0] {
  const seconds = context.project.config.get('core.lock_timeout');
  const path = workspaceLock(context.project.paths);
  const base = { path, command, report: context.report, signal: context.signal };
  return seconds < 0 ? base : { ...base, timeoutMs: seconds * 1000 };
}

export function exists(path: AbsolutePath): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
