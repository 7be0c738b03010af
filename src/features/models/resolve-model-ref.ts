import { MloError } from '#foundation/errors.ts';
import type { ModelVersion, RegistryStore } from '#stores/database/registry-store.ts';
import type { Project } from '#stores/project.ts';
import { parseModelRef } from './model-ref.ts';
import type { ResolvedModel } from './types.ts';

/** Throws `not-found`: MLO_NO_MODEL, MLO_NO_VERSION or MLO_NO_ALIAS; the message says what there is. */
export async function resolveModelRef(options: {
  readonly project: Project;
  readonly ref: string;
}): Promise<ResolvedModel> {
  const parsed = parseModelRef(options.ref);
  const registry = await options.project.registry();
  switch (parsed.kind) {
    case 'alias': {
      const version = await registry.resolveAlias(parsed.name, parsed.alias);
      if (version === undefined) throw await noAlias(registry, parsed.name, parsed.alias);
      return {
        ref: options.ref,
        version: await getVersion(registry, parsed.name, version),
        alias: parsed.alias,
      };
    }
    case 'version':
      return {
        ref: options.ref,
        version: await getVersion(registry, parsed.name, parsed.version),
        alias: undefined,
      };
    case 'name': {
      const newest = newestOf(await registry.listVersions(parsed.name));
      if (newest === undefined) throw await noModel(registry, parsed.name);
      return { ref: options.ref, version: newest, alias: undefined };
    }
  }
}

export function newestOf(versions: readonly ModelVersion[]): ModelVersion | undefined {
  return versions.toSorted((a, b) => b.version - a.version)[0];
}

async function getVersion(registry: RegistryStore, name: string, version: number): Promise<ModelVersion> {
  const found = await registry.getVersion(name, version);
  if (found !== undefined) return found;
  const versions = await registry.listVersions(name);
  if (versions.length === 0) throw await noModel(registry, name);
  throw new MloError('not-found', 'MLO_NO_VERSION', `model "${name}" has no version ${version}`, {
    hint: `versions: ${versions.map((known) => known.version).join(', ')}`,
  });
}

async function noAlias(registry: RegistryStore, name: string, alias: string): Promise<MloError> {
  const versions = await registry.listVersions(name);
  if (versions.length === 0) return noModel(registry, name);
  const aliases = (await registry.listAliases(name)).map((known) => known.alias);
  return new MloError('not-found', 'MLO_NO_ALIAS', `model "${name}" has no alias "${alias}"`, {
    hint:
      aliases.length > 0
        ? `aliases: ${aliases.join(', ')}; or: mlo model promote ${name}@candidate --to ${alias}`
        : `mlo model promote ${name} --to ${alias}`,
  });
}

export async function noModel(registry: RegistryStore, name: string): Promise<MloError> {
  const names = (await registry.listModels()).map((model) => model.name);
  return new MloError('not-found', 'MLO_NO_MODEL', `no model "${name}" is registered`, {
    hint: names.length > 0 ? `models: ${names.join(', ')}` : `mlo model register ${name} --run @last`,
  });
}
