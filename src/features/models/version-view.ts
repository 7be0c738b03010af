import { isoTime } from '#foundation/clock.ts';
import type { ModelAlias, ModelVersion } from '#stores/database/registry-store.ts';
import type { VersionView } from './types.ts';

export function versionView(version: ModelVersion, aliases: readonly ModelAlias[]): VersionView {
  return {
    ref: `${version.name}/${version.version}`,
    name: version.name,
    version: version.version,
    id: version.id,
    kind: version.kind,
    size: version.size,
    path: version.path,
    runId: version.runId,
    gitCommit: version.gitCommit,
    createdAt: isoTime(version.createdAt),
    createdBy: version.createdBy,
    aliases: aliases
      .filter((alias) => alias.version === version.version)
      .map((alias) => alias.alias)
      .toSorted(),
  };
}
