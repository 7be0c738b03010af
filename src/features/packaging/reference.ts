import { stat } from 'node:fs/promises';
import type { AbsolutePath, ContentId } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import type { ModelConfig } from '#features/models/index.ts';
import { profileDataset } from '#features/profiles/index.ts';
import type { WorkOptions } from '#stores/cas/content-store.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';
import { missingFile } from './model-bytes.ts';
import { recordedData } from './recorded-file.ts';

/**
 * Path of the reference data of a model, as the run that made it recorded it. Undefined when mlo.yaml names
 * none; `not-found` when it names one that is nowhere.
 */
export async function referenceData(options: {
  readonly project: Project;
  readonly config: ModelConfig | undefined;
  readonly run: RunRecord | undefined;
  readonly scratch: AbsolutePath;
}): Promise<AbsolutePath | undefined> {
  const path = options.config?.reference;
  if (path === undefined) return undefined;
  const data = await recordedData({ ...options, path });
  const found = await stat(data).catch(() => undefined);
  if (found === undefined) throw missingFile(joinPath(options.project.paths.root, path), 'reference');
  return data;
}

export interface BundledProfile {
  readonly id: ContentId;
  readonly bytes: Uint8Array;
}

/**
 * The profile drift is measured against. Its bytes are the ones its content id names. Without sampled rows: a
 * bundle goes where training data must not.
 */
export async function bundledProfile(
  project: Project,
  data: AbsolutePath,
  work: WorkOptions,
): Promise<BundledProfile> {
  const { id } = await profileDataset({ project, paths: [data], sampleRows: 0, ...work });
  return { id, bytes: await (await project.store()).readBytes(id) };
}
