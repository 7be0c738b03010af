import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { parseSignatureHints } from '#formats/signature-file.ts';
import type { SignatureHints } from '#formats/inference/signature.ts';
import { readOnnxHeader, type OnnxHeader } from '#formats/onnx/model-header.ts';
import type { ModelConfig } from '#features/models/index.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';
import { recordedText } from './recorded-file.ts';

export interface LoadedModel {
  readonly bytes: Uint8Array;
  readonly header: OnnxHeader;
}

/** The ONNX bytes of a version. Throws MLO_NOT_ONNX for anything that cannot be served. */
export async function loadModelBytes(project: Project, version: ModelVersion): Promise<LoadedModel> {
  const ref = `${version.name}/${version.version}`;
  if (version.kind === 'dir') {
    throw notOnnx(`${ref} is the folder ${version.path}; a package holds one ONNX file`);
  }
  if (!version.path.toLowerCase().endsWith('.onnx')) {
    throw notOnnx(`${ref} is ${version.path}; only ONNX models can be packaged and served`);
  }
  const bytes = await (await project.store()).readBytes(version.id);
  const header = readOnnxHeader(bytes, version.path);
  if (header.externalData) {
    throw notOnnx(`${ref} (${version.path}) keeps its weights in other files; save it as one file`);
  }
  return { bytes, header };
}

function notOnnx(message: string): MloError {
  return new MloError('failed', 'MLO_NOT_ONNX', message, {
    hint: 'export the model as one .onnx file and register that: mlo model register NAME --path model.onnx',
  });
}

/** What `models.<name>.signature` tells, as the run recorded that file, else as the workspace holds it. */
export async function signatureHints(
  project: Project,
  config: ModelConfig | undefined,
  run: RunRecord | undefined,
): Promise<SignatureHints | undefined> {
  const path = config?.signature;
  if (path === undefined) return undefined;
  const text = await recordedText(project, path, run);
  if (text !== undefined) return parseSignatureHints(text, path);
  throw missingFile(joinPath(project.paths.root, path), 'signature');
}

export function missingFile(path: AbsolutePath, key: string): MloError {
  return new MloError('not-found', 'MLO_NO_FILE', `no file ${path}`, {
    hint: `correct models.<name>.${key} in mlo.yaml`,
  });
}
