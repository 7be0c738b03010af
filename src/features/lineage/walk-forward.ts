import { throwIfAborted } from '#foundation/abort.ts';
import type { ContentId, RunId } from '#foundation/brands.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunFile, RunRecord } from '#stores/database/tracking-store.ts';
import { dataNode } from './walk-input.ts';
import { walkModel } from './walk-model.ts';
import { walkPackage } from './walk-package.ts';
import { walkRun } from './walk-run.ts';
import type { Walk } from './walk.ts';

/** Runs of one content that are walked forward; there may be thousands. */
const MOST_RUNS = 20;

/** From data towards what was made of it: the runs that read it, and everything made by them; their number. */
export async function forwardFromData(
  walk: Walk,
  data: Pick<RunFile, 'path' | 'kind' | 'size' | 'id'>,
): Promise<number> {
  const node = dataNode(data);
  const readers = await walk.tracking.runsWithFile(data.id, 'input');
  if (readers.length > MOST_RUNS) {
    walk.graph.note(`${readers.length} runs have read this content; the newest ${MOST_RUNS} are shown`);
  }
  for (const runId of readers.slice(0, MOST_RUNS)) {
    const run = await walk.tracking.getRun(runId);
    if (run === undefined) continue;
    const from = await walkRun(walk, run);
    walk.graph.addEdge({ from, to: node, relation: 'read', evidence: "the run's record of its inputs" });
    await forwardFromRun(walk, run);
  }
  return readers.length;
}

/** From a run to the model versions registered from it and their packages; each is verified on the way. */
export async function forwardFromRun(walk: Walk, run: RunRecord): Promise<void> {
  throwIfAborted(walk.signal);
  for (const version of await versionsOfRun(walk, run.run.runId)) {
    await walkModel(walk, version);
    await forwardFromModel(walk, version);
  }
}

export async function forwardFromModel(walk: Walk, version: ModelVersion): Promise<void> {
  const packages = await walk.registry.listPackages(version.name, version.version);
  for (const { digest } of packages) await walkPackage(walk, digest);
}

export async function versionsOfRun(walk: Walk, runId: RunId): Promise<ModelVersion[]> {
  return versionsWhere(walk, (version) => version.runId === runId);
}

export async function versionsOfContent(walk: Walk, id: ContentId): Promise<ModelVersion[]> {
  return versionsWhere(walk, (version) => version.id === id);
}

async function versionsWhere(
  walk: Walk,
  wanted: (version: ModelVersion) => boolean,
): Promise<ModelVersion[]> {
  const models = await walk.registry.listModels();
  const versions = await Promise.all(models.map((model) => walk.registry.listVersions(model.name)));
  return versions.flat().filter(wanted);
}
