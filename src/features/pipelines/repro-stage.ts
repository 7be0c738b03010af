import { isMloError } from '#foundation/errors.ts';
import { executeStage } from './execute-stage.ts';
import type { Verdict } from './schedule.ts';
import { changesOf, upstreamOf, type Session } from './session.ts';
import { reason } from './stage-changes.ts';
import { lockStage } from './stage-locks.ts';
import type { Reason, Stage, StageResult } from './types.ts';

/** One stage of a repro: its result goes into the session. Throws only what must stop the whole repro. */
export async function reproStage(session: Session, stage: Stage): Promise<Verdict> {
  const startedAt = performance.now();
  const end = (result: Omit<StageResult, 'name' | 'durationMs'>): void => {
    const durationMs = Math.round(performance.now() - startedAt);
    session.results.set(stage.name, { name: stage.name, ...result, durationMs });
  };
  if (stage.frozen) {
    end({ outcome: 'skipped', reasons: [reason('frozen', stage.name, 'it is frozen')] });
    return 'done';
  }
  const changedBefore = upstreamOf(session, stage).some(
    ({ outcome }) => outcome === 'ran' || outcome === 'restored',
  );
  if (changedBefore) await session.contents.refresh([stage]);
  let reasons = whyRun(session, stage);
  if (reasons.length === 0) {
    end({ outcome: 'unchanged', reasons });
    return 'done';
  }
  await using _locks = await lockStage(session.context, stage);
  // Another process may have done the work while this one waited.
  await session.lock.refresh();
  await session.contents.refresh([stage]);
  reasons = whyRun(session, stage);
  if (reasons.length === 0) {
    end({ outcome: 'unchanged', reasons });
    return 'done';
  }
  try {
    announce(session, stage, reasons);
    const outcome = await executeStage(session, stage);
    if (outcome === 'restored') await session.recorder.start();
    await session.contents.refresh([stage]);
    end({ outcome, reasons });
    return 'done';
  } catch (error) {
    if (!isMloError(error) || error.kind !== 'child') throw error;
    session.failures.push(error);
    const exitCode = error.details?.exitCode;
    end({
      outcome: 'failed',
      reasons,
      error: error.message,
      ...(typeof exitCode === 'number' ? { exitCode } : {}),
    });
    return 'failed';
  }
}

function whyRun(session: Session, stage: Stage): readonly Reason[] {
  const changes = changesOf(session, stage);
  if (changes.length > 0 || session.options.force !== true) return changes;
  return [reason('forced', stage.name, '--force was given')];
}

function announce(session: Session, stage: Stage, reasons: readonly Reason[]): void {
  const texts = reasons.map(({ text }) => text);
  const shown = session.options.why === true ? texts : texts.slice(0, 1);
  const more = texts.length > shown.length ? ` and ${texts.length - shown.length} more` : '';
  session.context.report?.({ type: 'step', message: `${stage.name}: ${shown.join('; ')}${more}` });
}
