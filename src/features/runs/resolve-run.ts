import type { RunId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import type { RunRecord, TrackingStore } from '#stores/database/tracking-store.ts';
import { betterDirection } from './better-direction.ts';
import { nearest } from './near-matches.ts';
import type { RunsContext } from './types.ts';

const BEST = /^@best\(\s*([^():]+?)\s*(?::\s*(min|max)\s*)?\)(?::(min|max))?$/;
const LOOKED_AT = 500;

/**
 * The run a user means: `@last` (newest), `@best(auc)` or `@best(loss:min)` (among finished runs), an id or at
 * least four digits of one, or a name. Throws `not-found` with near matches and `conflict` when several fit.
 */
export async function resolveRun(options: RunsContext & { readonly ref: string }): Promise<RunRecord> {
  const tracking = await options.project.tracking();
  const ref = options.ref.trim();
  if (ref.startsWith('@')) return resolveSpecial(tracking, ref);
  const ids = await tracking.findRunIds(ref.toLowerCase());
  const named = await tracking.listRuns({ name: ref, limit: 10 });
  const [only] = ids;
  if (only !== undefined && ids.length === 1 && named.length === 0) return found(tracking, only);
  const [byName] = named;
  if (byName !== undefined && named.length === 1 && ids.length === 0) return byName;
  if (ids.length + named.length === 0) throw await noSuchRun(tracking, ref);
  throw ambiguous(ref, [...ids, ...named.map((record) => record.run.runId)]);
}

async function resolveSpecial(tracking: TrackingStore, ref: string): Promise<RunRecord> {
  if (ref === '@last') {
    const [last] = await tracking.listRuns({ limit: 1 });
    if (last !== undefined) return last;
    throw new MloError('not-found', 'MLO_NO_SUCH_RUN', 'there are no runs yet', {
      hint: 'mlo run -- <command>',
    });
  }
  const best = BEST.exec(ref);
  if (best === null) {
    throw new MloError(
      'usage',
      'MLO_BAD_RUN_REF',
      `"${ref}" names no run: after @ comes last or best(metric)`,
      {
        hint: 'mlo runs show "@best(auc)"',
      },
    );
  }
  const metric = best[1] ?? '';
  const wanted = best[2] ?? best[3];
  const direction = wanted === undefined ? betterDirection(metric) : wanted === 'min' ? 'asc' : 'desc';
  const [record] = await tracking.listRuns({ status: 'FINISHED', orderBy: { metric, direction }, limit: 1 });
  const value = record?.metrics.find((each) => each.key === metric)?.value;
  if (record !== undefined && value !== undefined && !Number.isNaN(value)) return record;
  throw await noSuchMetric(tracking, metric);
}

async function found(tracking: TrackingStore, runId: RunId): Promise<RunRecord> {
  const record = await tracking.getRun(runId);
  if (record !== undefined) return record;
  throw await noSuchRun(tracking, runId);
}

async function noSuchRun(tracking: TrackingStore, ref: string): Promise<MloError> {
  const recent = await tracking.recentRuns(LOOKED_AT);
  const texts = recent.flatMap((run) => [run.name, run.runId.slice(0, 8)]);
  const near = nearest(ref, texts);
  const shown = near.map((text) => describe(text, recent)).join(', ');
  const short = /^[0-9a-f]{1,3}$/i.test(ref) ? '; an id needs at least 4 digits' : '';
  return new MloError(
    'not-found',
    'MLO_NO_SUCH_RUN',
    `there is no run "${ref}"${short}${near.length > 0 ? `; did you mean ${shown}?` : ''}`,
    { hint: 'mlo runs list', details: { ref, near } },
  );
}

function describe(text: string, recent: readonly { readonly runId: RunId; readonly name: string }[]): string {
  const run = recent.find((each) => each.name === text);
  return run === undefined ? text : `${text} (${run.runId.slice(0, 8)})`;
}

async function noSuchMetric(tracking: TrackingStore, metric: string): Promise<MloError> {
  const runs = await tracking.listRuns({ status: 'FINISHED', limit: LOOKED_AT });
  const known = [...new Set(runs.flatMap((record) => record.metrics.map((each) => each.key)))].sort();
  const which =
    known.length === 0 ? 'no finished run has metrics' : `known metrics: ${known.slice(0, 20).join(', ')}`;
  return new MloError(
    'not-found',
    'MLO_NO_SUCH_METRIC',
    `no finished run has a metric "${metric}"; ${which}`,
    {
      hint: 'mlo runs list',
      details: { metric, known },
    },
  );
}

function ambiguous(ref: string, ids: readonly RunId[]): MloError {
  const shown = ids.slice(0, 5).map((id) => id.slice(0, 12));
  const more = ids.length > shown.length ? ', …' : '';
  return new MloError(
    'conflict',
    'MLO_AMBIGUOUS_RUN',
    `"${ref}" fits several runs: ${shown.join(', ')}${more}`,
    {
      hint: 'give more digits of the id',
      details: { ref, runs: ids },
    },
  );
}
