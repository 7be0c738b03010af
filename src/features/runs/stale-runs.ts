import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { AbsolutePath, RunId } from '#foundation/brands.ts';
import { systemClock, type Clock } from '#foundation/clock.ts';
import { isDeadProcess, type ProcessIdentity } from '#foundation/process-identity.ts';
import { joinPath } from '#foundation/paths.ts';
import type { Project } from '#stores/project.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import { removeOutputLog } from '#stores/logs/output-log.ts';
import { ARTIFACT, TAG } from './tags.ts';
import type { RunsContext } from './types.ts';

/** Signs of life a run on another host may miss. */
const MISSED = 6;

interface Owner extends ProcessIdentity {
  readonly intervalMs: number;
}

/**
 * Runs that say RUNNING but whose mlo is gone (kill -9, power cut) become KILLED, with their last sign of life
 * as their end and what their command had printed as an artifact. On this host a dead process is known at
 * once; of one on another host only missing signs of life tell. Runs without an owner (made through a server)
 * are left alone.
 */
export async function markStaleRuns(
  options: RunsContext & { readonly clock?: Clock },
): Promise<readonly RunId[]> {
  const now = (options.clock ?? systemClock).now();
  const tracking = await options.project.tracking();
  const marked: RunId[] = [];
  for (const record of await tracking.listRuns({ status: 'RUNNING' })) {
    const { run } = record;
    const owner = identityIn(record, TAG.owner) as Owner | undefined;
    if (owner === undefined || !isGone(owner, run.heartbeatAt ?? run.startTime, now)) continue;
    await recoverLog(options.project, run.runId);
    const change = {
      status: 'KILLED',
      endTime: run.heartbeatAt ?? run.startTime,
      ifStatus: 'RUNNING',
    } as const;
    if (!(await tracking.updateRun(run.runId, change))) continue;
    marked.push(run.runId);
    warnOfOrphan(record, options);
  }
  return marked;
}

/** Where the output of a run is collected while it runs. */
export function logFileOf(project: Project, runId: RunId): AbsolutePath {
  return joinPath(project.paths.sharedDir, 'runs', `${runId}.log`);
}

function isGone(owner: Owner, lastSign: number, now: number): boolean {
  if (owner.host === hostname()) return isDeadProcess(owner);
  return now - lastSign > MISSED * owner.intervalMs;
}

async function recoverLog(project: Project, runId: RunId): Promise<void> {
  const file = logFileOf(project, runId);
  const known = await stat(file).catch(() => undefined);
  if (known === undefined) return;
  const stored = await (await project.store()).putFile(file);
  const files = [{ role: 'artifact', path: ARTIFACT.log, kind: 'file', ...stored } as const];
  await (await project.tracking()).logBatch(runId, { files });
  removeOutputLog(file);
}

function warnOfOrphan(record: RunRecord, context: RunsContext): void {
  const child = identityIn(record, TAG.process);
  if (child === undefined || child.host !== hostname() || isDeadProcess(child)) return;
  context.report?.({
    type: 'warning',
    code: 'MLO_ORPHAN_COMMAND',
    message: `mlo of run ${record.run.name} was killed, but its command still runs as process ${child.pid}`,
    hint: `end it with: kill -- -${child.pid}`,
  });
}

function identityIn(record: RunRecord, key: string): ProcessIdentity | undefined {
  const text = record.tags.find((tag) => tag.key === key)?.value;
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    // A tag can be overwritten by anybody.
    return undefined;
  }
}
