import { throwIfAborted } from '#foundation/abort.ts';
import { isoTime } from '#foundation/clock.ts';
import { gitCommitOf, tagOf } from '#features/models/index.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import { brokenEdge } from './broken-edge.ts';
import type { CommitRecords } from './commit-records.ts';
import { dataNode, walkInput } from './walk-input.ts';
import { walkLock } from './walk-lock.ts';
import type { Walk } from './walk.ts';

/** Recorded with the commit when a run starts. */
const GIT_DIRTY = 'mlflow.source.git.dirty';

/** run -> commit, run -> each of its inputs. */
export async function walkRun(walk: Walk, run: RunRecord): Promise<string> {
  const { runId } = run.run;
  const id = `run:${runId}`;
  const dirty = tagOf(run, GIT_DIRTY) === 'true';
  if (!walk.graph.addNode({ id, kind: 'run', name: run.run.name, facts: factsOf(run, dirty) })) return id;
  throwIfAborted(walk.signal);
  const commit = await walkCommit(walk, run, dirty);
  await walkLock(walk, run);
  for (const file of run.files) {
    if (file.role !== 'input') continue;
    const producer = await walkInput(walk, file, { id, run, commit, dirty });
    if (producer === undefined) continue;
    const to = await walkRun(walk, producer);
    walk.graph.addEdge({
      from: dataNode(file),
      to,
      relation: 'produced-by',
      evidence: `run ${producer.run.runId.slice(0, 8)} recorded the content as its output`,
    });
  }
  return id;
}

async function walkCommit(walk: Walk, run: RunRecord, dirty: boolean): Promise<CommitRecords | undefined> {
  const { runId } = run.run;
  const short = runId.slice(0, 8);
  const hash = gitCommitOf(run);
  if (hash === undefined) {
    walk.graph.warn(`run ${short} recorded no Git commit: its code and inputs cannot be held against one`);
    return undefined;
  }
  const commit = await walk.commit(hash);
  if (commit === undefined) {
    throw brokenEdge(
      { from: `run ${short}`, to: `commit ${hash.slice(0, 8)}`, what: 'the code' },
      { says: hash, readFrom: `the tags of run ${short}` },
      { says: 'that there is no such commit', readFrom: 'this Git repository' },
      { hint: 'git fetch --all   # or: git fetch --unshallow' },
    );
  }
  walk.graph.addNode({ id: `commit:${hash}`, kind: 'commit', name: hash, facts: { dirty } });
  walk.graph.addEdge({
    from: `run:${runId}`,
    to: `commit:${hash}`,
    relation: 'code-at',
    evidence: dirty
      ? 'the commit exists; the work tree had changes on top'
      : 'the commit exists; the work tree was clean',
  });
  if (dirty)
    walk.graph.warn(`the work tree was dirty when run ${short} began: the commit is only what it stood on`);
  return commit;
}

function factsOf(run: RunRecord, dirty: boolean): Record<string, unknown> {
  return {
    runId: run.run.runId,
    experiment: run.experimentName,
    status: run.run.status,
    startedAt: isoTime(run.run.startTime),
    endedAt: run.run.endTime === undefined ? null : isoTime(run.run.endTime),
    params: Object.fromEntries(run.params.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(
      run.metrics.map(({ key, value }) => [key, Number.isFinite(value) ? value : String(value)]),
    ),
    dirty,
  };
}
