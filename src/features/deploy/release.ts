import { readFile } from 'node:fs/promises';
import { throwIfAborted } from '#foundation/abort.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { hexOf } from '#foundation/hash.ts';
import {
  fillImage,
  readEnvironments,
  type Environments,
  type KubernetesEnvironment,
} from '#formats/environments.ts';
import { parseProjectFile, type ProjectFile } from '#formats/mlo-yaml.ts';
import { resolveModelRef } from '#features/models/index.ts';
import { openBundle } from '#features/packaging/index.ts';
import type { Project } from '#stores/project.ts';
import { objectName } from './kubernetes/labels.ts';
import type { Release } from './types.ts';

const EXAMPLE = 'environments: {prod: {target: kubernetes, image: "registry.example.org/ml/late:{version}"}}';

export interface ReleaseOptions {
  readonly project: Project;
  /** Undefined: the only one there is. */
  readonly environment: string | undefined;
  /** Instead of the environment's own `model`. */
  readonly ref: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves an environment of mlo.yaml and the model it names to one packaged version. */
export async function resolveRelease(
  options: ReleaseOptions,
): Promise<{ readonly release: Release; readonly imageTemplate: string }> {
  const { project } = options;
  const file = await readProjectFile(project);
  const environments = readEnvironments(file);
  const { environment, settings } = chooseEnvironment(file, environments, options.environment);
  const imageTemplate = settings.image ?? missingImage(file, environment);
  const { version } = await resolveModelRef({
    project,
    ref: options.ref ?? settings.model ?? onlyModel(file, environment),
  });
  throwIfAborted(options.signal);
  // Opening verifies every checksum: a damaged bundle is never planned.
  const { digest, manifest } = await openBundle({ project, ref: `${version.name}/${version.version}` });
  const label = objectName(version.name) ?? 'model';
  refuseSharedObjects(file, environments, environment, settings.name ?? label);
  const release = {
    environment,
    settings,
    name: settings.name ?? label,
    model: version.name,
    version: version.version,
    bundleDigest: digest,
    modelId: manifest.model.id,
    runId: manifest.run ?? undefined,
    gitCommit: manifest.commit ?? undefined,
    image: fillImage(imageTemplate, {
      model: label,
      version: version.version,
      digest: hexOf(digest).slice(0, 12),
    }),
  };
  return { release, imageTemplate };
}

async function readProjectFile(project: Project): Promise<ProjectFile> {
  try {
    return parseProjectFile(await readFile(project.paths.pipelineFile, 'utf8'), 'mlo.yaml');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      throw new MloError(
        'config',
        'MLO_NO_ENVIRONMENTS',
        'there is no mlo.yaml, so no environment to deploy to',
        {
          hint: `write into mlo.yaml: ${EXAMPLE}`,
        },
      );
    }
    throw fromSystemError(error, project.paths.pipelineFile);
  }
}

function chooseEnvironment(
  file: ProjectFile,
  environments: Environments,
  wanted: string | undefined,
): { environment: string; settings: KubernetesEnvironment } {
  const names = Object.keys(environments);
  if (names.length === 0) {
    throw new MloError('config', 'MLO_NO_ENVIRONMENTS', `${file.name} declares no environments`, {
      hint: `write into mlo.yaml: ${EXAMPLE}`,
    });
  }
  const environment = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (environment === undefined) {
    throw new MloError('usage', 'MLO_USAGE', `which environment? ${file.name} declares ${names.join(', ')}`, {
      hint: `mlo deploy plan --env ${names[0] ?? 'prod'}`,
    });
  }
  const settings = environments[environment];
  if (settings === undefined) {
    throw new MloError(
      'not-found',
      'MLO_NO_ENVIRONMENT',
      `${file.name} declares no environment "${environment}"`,
      {
        hint: `environments: ${names.join(', ')}`,
      },
    );
  }
  return { environment, settings };
}

/** A project with one model needs not name it: its alias is the environment's name. */
function onlyModel(file: ProjectFile, environment: string): string {
  const [model, ...others] = Object.keys(file.models);
  if (model !== undefined && others.length === 0) return `${model}@${environment}`;
  const where = file.whereKey(['environments', environment]);
  throw new MloError('config', 'MLO_BAD_CONFIG', `${where}: environments.${environment}.model is missing`, {
    hint: `write which model is deployed: model: ${model ?? 'late'}@${environment}`,
  });
}

function missingImage(file: ProjectFile, environment: string): never {
  const where = file.whereKey(['environments', environment]);
  throw new MloError('config', 'MLO_BAD_CONFIG', `${where}: environments.${environment}.image is missing`, {
    hint: `write the image that holds mlo and the bundle: image: registry.example.org/ml/model:{version}`,
  });
}

/** Two environments with one set of objects would take turns in overwriting each other. */
function refuseSharedObjects(
  file: ProjectFile,
  environments: Environments,
  environment: string,
  name: string,
): void {
  const own = environments[environment];
  for (const [other, settings] of Object.entries(environments)) {
    if (other === environment || settings.namespace !== own?.namespace || settings.context !== own.context)
      continue;
    const model = settings.model ?? Object.keys(file.models)[0] ?? '';
    if ((settings.name ?? objectName(model.split(/[@/]/, 1)[0] ?? '')) !== name) continue;
    throw new MloError(
      'config',
      'MLO_BAD_CONFIG',
      `${file.whereKey(['environments', other])}: environments.${other} and environments.${environment} would share the ` +
        `objects "${name}" of namespace ${settings.namespace}`,
      { hint: `give one of them its own namespace, or a name: name: ${name}-${other}` },
    );
  }
}
