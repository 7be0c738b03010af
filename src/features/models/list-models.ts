import { isoTime } from '#foundation/clock.ts';
import type { Project } from '#stores/project.ts';
import { newestOf } from './resolve-model-ref.ts';
import type { ModelSummary } from './types.ts';

/** All registered models with their aliases, by name. */
export async function listModels(options: { readonly project: Project }): Promise<readonly ModelSummary[]> {
  const registry = await options.project.registry();
  const models = await registry.listModels();
  const summaries = await Promise.all(
    models.map(async (model) => {
      const [versions, aliases] = await Promise.all([
        registry.listVersions(model.name),
        registry.listAliases(model.name),
      ]);
      return {
        name: model.name,
        versions: versions.length,
        latest: newestOf(versions)?.version ?? 0,
        aliases: aliases.map(({ alias, version }) => ({ alias, version })),
        createdAt: isoTime(model.createdAt),
      };
    }),
  );
  return summaries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
