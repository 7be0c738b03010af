import { commitsThatChanged } from '#adapters/git/history.ts';
import { contentIdOf } from '#foundation/hash.ts';
import { writeLock, type LockFile } from '#formats/mlo-lock.ts';
import { gitCommitOf, tagOf } from '#features/models/index.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import type { Walk } from './walk.ts';

const LOCK = 'mlo.lock';
/** Commits of mlo.lock that are looked at; the one wanted is nearly always the first after the run. */
const MOST_COMMITS = 100;

/**
 * run -> the commit that holds its mlo.lock. A pipeline writes mlo.lock while it runs, so the commit the run
 * began at cannot name what it made; the first one after it that does so is looked for.
 */
export async function walkLock(walk: Walk, run: RunRecord): Promise<void> {
  const wanted = tagOf(run, 'mlo.pipeline');
  const stages = tagOf(run, 'mlo.stages');
  const since = gitCommitOf(run);
  if (wanted === undefined || stages === undefined || since === undefined) return;
  const names = stages.split(',');
  const after = await commitsThatChanged(walk.project.paths.root, { since, path: LOCK, limit: MOST_COMMITS });
  for (const hash of [since, ...after]) {
    const lock = await (await walk.commit(hash))?.lock();
    if (lock === undefined || !holds(lock, names, wanted)) continue;
    walk.graph.addNode({ id: `commit:${hash}`, kind: 'commit', name: hash, facts: {} });
    walk.graph.addEdge({
      from: `run:${run.run.runId}`,
      to: `commit:${hash}`,
      relation: 'recorded-at',
      evidence: `${LOCK} at ${hash.slice(0, 8)} holds the stages as the run left them`,
    });
    return;
  }
  walk.graph.note(
    `no commit since holds ${LOCK} as run ${run.run.runId.slice(0, 8)} left it: git commit ${LOCK} after mlo repro`,
  );
}

/** The run's tag is the hash of its stages' sections. */
function holds(lock: LockFile, names: readonly string[], wanted: string): boolean {
  const stages: Record<string, LockFile['stages'][string]> = {};
  for (const name of names) {
    const stage = lock.stages[name];
    if (stage === undefined) return false;
    stages[name] = stage;
  }
  return contentIdOf(writeLock({ stages })) === wanted;
}
