import { isMloError } from '#foundation/errors.ts';
import { contentIdOf, shortId } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { acquireLock } from '#foundation/process-lock.ts';
import type { PipelineContext } from './types.ts';

/** What the locks of a stage are named after. */
export interface Lockable {
  readonly name: string;
  readonly outs: readonly { readonly path: string }[];
}

/**
 * Locks a stage and each of its outputs against other processes, waiting for them as configured. Always in the
 * same order, so that two processes cannot wait for each other.
 */
export async function lockStage(context: PipelineContext, stage: Lockable): Promise<AsyncDisposable> {
  const seconds = context.project.config.get('core.lock_timeout');
  return acquireAll(context, stage, seconds < 0 ? undefined : seconds * 1000);
}

/** Undefined when a living process holds one of the locks. */
export async function tryLockStage(
  context: PipelineContext,
  stage: Lockable,
): Promise<AsyncDisposable | undefined> {
  try {
    return await acquireAll(context, stage, 0);
  } catch (error) {
    if (isMloError(error) && error.code === 'MLO_LOCKED') return undefined;
    throw error;
  }
}

async function acquireAll(
  context: PipelineContext,
  stage: Lockable,
  timeoutMs: number | undefined,
): Promise<AsyncDisposable> {
  const held: AsyncDisposable[] = [];
  const release = async (): Promise<void> => {
    for (const lock of held.toReversed()) await lock[Symbol.asyncDispose]();
  };
  const names = [`stage ${stage.name}`, ...stage.outs.map((out) => `out ${out.path}`)].toSorted();
  try {
    for (const name of names) {
      held.push(
        await acquireLock({
          path: joinPath(context.project.paths.locksDir, `stage-${shortId(contentIdOf(name))}`),
          command: `mlo repro ${stage.name}`,
          signal: context.signal,
          report: context.report,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
        }),
      );
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}
