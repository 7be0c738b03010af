import { systemClock, type Clock } from '#foundation/clock.ts';
import { MloError } from '#foundation/errors.ts';
import { betterDirection } from './better-direction.ts';
import { resolveRun } from './resolve-run.ts';
import { detailsOf } from './run-view.ts';
import { markStaleRuns } from './stale-runs.ts';
import { ARTIFACT } from './tags.ts';
import type {
  ComparedMetric,
  ComparedRow,
  MetricValue,
  RunComparison,
  RunDetails,
  RunsContext,
  RunSummary,
} from './types.ts';

/**
 * What runs have in common and where they differ; rows that differ come first. Without references the last
 * two. Throws `usage` for a single one and `not-found`.
 */
export async function compareRuns(
  options: RunsContext & { readonly refs: readonly string[]; readonly clock?: Clock },
): Promise<RunComparison> {
  await markStaleRuns(options);
  const now = (options.clock ?? systemClock).now();
  const runs = (await recordsOf(options)).map((record) => detailsOf(record, now));
  const rows = (pick: (run: RunDetails) => Readonly<Record<string, string>>): readonly ComparedRow[] =>
    compareRows(runs.map(pick));
  return {
    runs: runs.map(summaryPart),
    metrics: compareMetrics(runs),
    params: rows((run) => run.params),
    inputs: rows((run) => idsByPath(run.inputs)),
    outputs: rows((run) => idsByPath(run.outputs)),
    code: rows(codeOf),
    environment: rows((run) => ({ ...run.environment, ...lockFilesOf(run) })),
  };
}

async function recordsOf(
  options: RunsContext & { readonly refs: readonly string[] },
): Promise<Awaited<ReturnType<typeof resolveRun>>[]> {
  if (options.refs.length === 0) {
    const last = await (await options.project.tracking()).listRuns({ limit: 2 });
    if (last.length === 2) return last.toReversed();
    const count = last.length === 0 ? 'no run' : 'one run only';
    throw new MloError('not-found', 'MLO_NOTHING_TO_COMPARE', `there is ${count} yet`, {
      hint: 'mlo run -- <command>',
    });
  }
  const records = [];
  for (const ref of options.refs) records.push(await resolveRun({ ...options, ref }));
  if (records.length > 1) return records;
  throw new MloError('usage', 'MLO_USAGE', 'comparing takes two runs or more', {
    hint: `mlo runs compare ${options.refs[0] ?? ''} @last`,
  });
}

function compareRows(maps: readonly Readonly<Record<string, string>>[]): readonly ComparedRow[] {
  const rows = keysOf(maps).map((key) => {
    const values = maps.map((map) => map[key] ?? null);
    return { key, values, same: values.every((value) => value === values[0]) };
  });
  return differencesFirst(rows);
}

function compareMetrics(runs: readonly RunDetails[]): readonly ComparedMetric[] {
  const rows = keysOf(runs.map((run) => run.metrics)).map((key) => {
    const values = runs.map((run) => run.metrics[key] ?? null);
    const same = values.every((value) => value === values[0]);
    return {
      key,
      values,
      deltas: values.map((value, i) => (i === 0 ? null : delta(values[0], value))),
      better: betterDirection(key) === 'asc' ? ('lower' as const) : ('higher' as const),
      same,
    };
  });
  return differencesFirst(rows);
}

function delta(base: MetricValue | null | undefined, value: MetricValue | null): number | null {
  return typeof base === 'number' && typeof value === 'number' ? value - base : null;
}

function differencesFirst<R extends { readonly same: boolean }>(rows: readonly R[]): readonly R[] {
  return [...rows.filter((row) => !row.same), ...rows.filter((row) => row.same)];
}

function keysOf(maps: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(maps.flatMap((map) => Object.keys(map)))].sort();
}

function idsByPath(files: RunDetails['inputs']): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.path, file.id]));
}

function codeOf(run: RunDetails): Record<string, string> {
  const patch = run.artifacts.find((file) => file.path === ARTIFACT.diff);
  return {
    ...(run.command === null ? {} : { command: run.command }),
    ...(run.code.commit === null ? {} : { commit: run.code.commit }),
    ...(run.code.branch === null ? {} : { branch: run.code.branch }),
    ...(patch === undefined ? {} : { 'uncommitted changes': patch.id }),
    ...idsByPath(run.artifacts.filter((file) => file.path.startsWith(`${ARTIFACT.untracked}/`))),
  };
}

function lockFilesOf(run: RunDetails): Record<string, string> {
  return idsByPath(run.artifacts.filter((file) => file.path.startsWith(`${ARTIFACT.environment}/`)));
}

function summaryPart(run: RunDetails): RunSummary {
  const { runId, name, experiment, status, startedAt, endedAt, durationMs, exitCode, params, metrics } = run;
  return { runId, name, experiment, status, startedAt, endedAt, durationMs, exitCode, params, metrics };
}
