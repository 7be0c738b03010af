import { changesOf, type Session } from './session.ts';
import { reason } from './stage-changes.ts';
import type { ReproReport, StageResult } from './types.ts';

/** What a repro would do. Changes nothing, waits for nobody, records nothing. */
export async function dryRun(session: Session): Promise<ReproReport> {
  await session.contents.refresh(session.selected);
  for (const stage of session.selected) {
    const before = (session.pipeline.graph.upstream.get(stage.name) ?? []).filter((name) => {
      const outcome = session.results.get(name)?.outcome;
      return outcome === 'would-run' || outcome === 'might-run';
    });
    const changes = changesOf(session, stage);
    const forced = session.options.force === true ? [reason('forced', stage.name, '--force was given')] : [];
    const own = changes.length > 0 ? changes : forced;
    const reasons = [
      ...own,
      ...before.map((name) => reason('upstream', name, `stage ${name} runs before it`)),
    ];
    const outcome = own.length > 0 ? 'would-run' : before.length > 0 ? 'might-run' : 'unchanged';
    const result: StageResult = stage.frozen
      ? {
          name: stage.name,
          outcome: 'skipped',
          reasons: [reason('frozen', stage.name, 'it is frozen')],
          durationMs: 0,
        }
      : { name: stage.name, outcome, reasons, durationMs: 0 };
    session.results.set(stage.name, result);
  }
  return { stages: session.selected.flatMap((stage) => session.results.get(stage.name) ?? []) };
}
