import type { ContentId } from '#foundation/brands.ts';
import { isoTime } from '#foundation/clock.ts';
import { shortId } from '#foundation/hash.ts';
import type { BundleManifest } from '#formats/bundle.ts';
import { gitCommitOf } from '#features/models/index.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunFile, RunRecord } from '#stores/database/tracking-store.ts';
import { brokenEdge, mustAgree } from './broken-edge.ts';
import { walkRun } from './walk-run.ts';
import type { Walk } from './walk.ts';

/**
 * model version -> run: the run recorded the model's content and the same commit, and it read what the manifest
 * of the package, when we come from one, says the model was made from.
 */
export async function walkModel(
  walk: Walk,
  version: ModelVersion,
  manifest?: BundleManifest,
): Promise<string> {
  const name = `${version.name}/${version.version}`;
  const id = `model:${name}`;
  const aliases = await walk.registry.listAliases(version.name);
  walk.graph.addNode({
    id,
    kind: 'model',
    name,
    facts: {
      content: version.id,
      size: version.size,
      path: version.path,
      aliases: aliases.filter((alias) => alias.version === version.version).map((alias) => alias.alias),
      registeredAt: isoTime(version.createdAt),
      registeredBy: version.createdBy,
      stored: await walk.store.has(version.id),
    },
  });
  if (version.runId === undefined) {
    walk.graph.warn(`${name} was registered from a file, not from a run: what made it is not recorded`);
    return id;
  }
  const edge = {
    from: `model ${name}`,
    to: `run ${version.runId.slice(0, 8)}`,
    what: 'the run that made the model',
  };
  const registry = `the registry's row of ${name}`;
  const run = await walk.tracking.getRun(version.runId);
  if (run === undefined) {
    throw brokenEdge(
      edge,
      { says: version.runId, readFrom: registry },
      { says: 'that no such run exists', readFrom: 'the tracking database' },
    );
  }
  const evidence = await producedBy(walk, run, version.id);
  if (evidence === undefined) {
    throw brokenEdge(
      { ...edge, what: 'the content of the model' },
      { says: version.id, readFrom: registry },
      { says: outputsInWords(run, version.path), readFrom: `the record of run ${version.runId.slice(0, 8)}` },
    );
  }
  const commit = gitCommitOf(run);
  mustAgree(
    { ...edge, what: 'the Git commit' },
    { says: version.gitCommit ?? 'no commit', readFrom: registry },
    { says: commit ?? 'no commit', readFrom: `the tags of run ${version.runId.slice(0, 8)}` },
  );
  if (manifest !== undefined) sameData(manifest, run, name);
  const to = await walkRun(walk, run);
  walk.graph.addEdge({ from: id, to, relation: 'produced-by', evidence });
  return id;
}

function sameData(manifest: BundleManifest, run: RunRecord, name: string): void {
  const recorded = new Map<string, ContentId>();
  for (const file of run.files) if (file.role === 'input') recorded.set(file.path, file.id);
  const packaged = new Map<string, ContentId>(manifest.data.map(({ path, id }) => [path, id]));
  for (const path of new Set([...packaged.keys(), ...recorded.keys()])) {
    mustAgree(
      { from: `package of ${name}`, to: `data ${path}`, what: 'the data the model was made from' },
      { says: packaged.get(path) ?? 'nothing', readFrom: `mlo-bundle.json of ${name}` },
      {
        says: recorded.get(path) ?? 'nothing',
        readFrom: `the inputs of run ${run.run.runId.slice(0, 8)}`,
      },
    );
  }
}

/** Where a run recorded a content: as an output, an artifact, or a file inside a folder of either. */
async function producedBy(walk: Walk, run: RunRecord, id: ContentId): Promise<string | undefined> {
  const made = run.files.filter((file) => file.role !== 'input');
  const direct = made.find((file) => file.id === id);
  if (direct !== undefined) return `the run's ${direct.role} ${direct.path} has the content`;
  for (const folder of made) {
    if (folder.kind !== 'dir' || !(await walk.store.has(folder.id))) continue;
    for await (const entry of walk.store.listTree(folder.id)) {
      if (entry.id === id) return `the run's ${folder.role} ${folder.path}/${entry.path} has the content`;
    }
  }
  return undefined;
}

function outputsInWords(run: RunRecord, path: string): string {
  const made = run.files.filter((file) => file.role !== 'input');
  const same = made.filter((file) => sameName(file, path));
  const listed = (same.length > 0 ? same : made)
    .slice(0, 5)
    .map((file) => (same.length > 0 ? `${file.path} ${file.id}` : `${file.path} ${shortId(file.id)}`));
  return listed.length === 0 ? 'that the run made nothing' : listed.join(', ');
}

function sameName(file: RunFile, path: string): boolean {
  return file.path === path || file.path.endsWith(`/${path}`) || path.endsWith(`/${file.path}`);
}
