import { redact } from '#foundation/redact.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import { tagOf } from '#features/models/index.ts';

/**
 * `provenance.json`: where the model comes from. Everything in it is a fact about the source, so the same
 * version always gives the same bytes.
 */
export function provenanceOf(version: ModelVersion, run: RunRecord | undefined): unknown {
  return {
    version: 1,
    model: { name: version.name, version: version.version, id: version.id, path: version.path },
    git: { commit: version.gitCommit ?? null, dirty: run === undefined ? null : dirtyOf(run) },
    run: run === undefined ? null : runOf(run),
    data: run === undefined ? [] : inputsOf(run),
  };
}

function dirtyOf(run: RunRecord): boolean | null {
  const tag = tagOf(run, 'mlflow.source.git.dirty');
  return tag === undefined ? null : tag === 'true';
}

function runOf(run: RunRecord): unknown {
  const { runId, name, startTime, endTime, status } = run.run;
  return {
    id: runId,
    name,
    experiment: run.experimentName,
    status,
    started: new Date(startTime).toISOString(),
    ended: endTime === undefined ? null : new Date(endTime).toISOString(),
    params: Object.fromEntries(run.params.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(run.metrics.map(({ key, value }) => [key, finite(value)])),
    tags: Object.fromEntries(
      run.tags.filter(({ key }) => isOrigin(key)).map(({ key, value }) => [key, redact(value)]),
    ),
  };
}

/** Tags about code and environment; not those about the machine and its processes. */
function isOrigin(key: string): boolean {
  if (key === 'mlo.command' || key.startsWith('mlflow.source.')) return true;
  return key.startsWith('mlo.env.') && key !== 'mlo.env.host';
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** What the run read, by path: the data versions behind the model. */
export function inputsOf(
  run: RunRecord,
): readonly { readonly path: string; readonly id: RunRecord['files'][number]['id'] }[] {
  return run.files
    .filter((file) => file.role === 'input')
    .map(({ path, id }) => ({ path, id }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
