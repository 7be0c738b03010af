import { isoTime } from '#foundation/clock.ts';
import type { Project } from '#stores/project.ts';
import { parseModelRef } from './model-ref.ts';
import { newestOf, noModel, resolveModelRef } from './resolve-model-ref.ts';
import type { ModelDetails } from './types.ts';
import { versionView } from './version-view.ts';

/** Versions, aliases, history, packages, and metrics and lineage of the version the reference names. */
export async function showModel(options: {
  readonly project: Project;
  readonly ref: string;
}): Promise<ModelDetails> {
  const { project, ref } = options;
  const parsed = parseModelRef(ref);
  const registry = await project.registry();
  const versions = await registry.listVersions(parsed.name);
  const newest = newestOf(versions);
  if (newest === undefined) throw await noModel(registry, parsed.name);
  const chosen = parsed.kind === 'name' ? newest : (await resolveModelRef({ project, ref })).version;
  const [aliases, events, packages, run] = await Promise.all([
    registry.listAliases(parsed.name),
    registry.listEvents(parsed.name),
    registry.listPackages(parsed.name),
    chosen.runId === undefined ? undefined : (await project.tracking()).getRun(chosen.runId),
  ]);
  return {
    name: parsed.name,
    selected: parsed.kind === 'name' ? undefined : versionView(chosen, aliases),
    versions: versions
      .toSorted((a, b) => b.version - a.version)
      .map((version) => versionView(version, aliases)),
    aliases: aliases.map(({ alias, version }) => ({ alias, version })),
    metrics: (run?.metrics ?? []).map(({ key, value }) => ({
      key,
      value: Number.isFinite(value) ? value : String(value),
    })),
    params: (run?.params ?? []).map(({ key, value }) => ({ key, value })),
    lineage: {
      runId: chosen.runId,
      gitCommit: chosen.gitCommit,
      inputs: (run?.files ?? [])
        .filter((file) => file.role === 'input')
        .map(({ path, id }) => ({ path, id })),
    },
    packages: packages.map(({ digest, version, createdAt }) => ({
      digest,
      version,
      createdAt: isoTime(createdAt),
    })),
    events: events.map(({ type, version, alias, previousVersion, at, by, reason }) => ({
      type,
      version,
      alias,
      previousVersion,
      at: isoTime(at),
      by,
      reason,
    })),
  };
}
