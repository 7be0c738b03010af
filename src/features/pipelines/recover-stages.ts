import type { LockedStage } from '#formats/mlo-lock.ts';
import { StageJournal } from '#stores/stage-journal/stage-journal.ts';
import { LockWriter } from './lock-writer.ts';
import { tryLockStage } from './stage-locks.ts';
import type { PipelineContext } from './types.ts';

/** The variable by which a command left behind by a killed mlo is recognised. */
export const STAGE_TOKEN = 'MLO_STAGE_TOKEN';

/**
 * Cleans up after stages whose mlo was killed: what is left of the command is ended and the previous outputs
 * come back; a stage whose command had ended well is completed. Returns the names of these stages. Without
 * such stages it costs one look into a folder.
 */
export async function recoverStages(context: PipelineContext): Promise<readonly string[]> {
  const recovered: string[] = [];
  for (const journal of await StageJournal.leftBehind(context.project.paths)) {
    await using lock = await tryLockStage(context, { name: journal.stage, outs: journal.outs });
    // Locked: its process is alive. Gone: its process, or another one, has just finished the work.
    if (lock === undefined || !(await journal.stillThere())) continue;
    await journal.sweep();
    await recover(context, journal);
    recovered.push(journal.stage);
  }
  return recovered;
}

/** Stages that wait for `recoverStages`; one that is running right now counts as well. */
export async function interruptedStages(context: PipelineContext): Promise<ReadonlySet<string>> {
  const journals = await StageJournal.leftBehind(context.project.paths);
  return new Set(journals.map((journal) => journal.stage));
}

async function recover(context: PipelineContext, journal: StageJournal): Promise<void> {
  if (journal.ended) {
    await new LockWriter(context).record(journal.stage, journal.result as LockedStage);
    await journal.finish();
    context.report?.({ type: 'step', message: `${journal.stage}: its last run is now recorded in mlo.lock` });
    return;
  }
  const { endSurvivors } = await import('#adapters/process/survivors.ts');
  const survivors = await endSurvivors(STAGE_TOKEN, journal.token);
  await journal.rollBack();
  context.report?.({
    type: 'step',
    message:
      `${journal.stage}: its last run was cut short; the outputs from before are back` +
      (survivors === 0 ? '' : `, and ${survivors} of its processes were still running and have been ended`),
  });
}
