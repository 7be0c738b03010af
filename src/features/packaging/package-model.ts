import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import { joinPath } from '#foundation/paths.ts';
import { openEngine, type EngineChoice } from '#adapters/onnx/open-engine.ts';
import type { OnnxEngine, OnnxSession } from '#adapters/onnx/engine.ts';
import { runSignature } from '#adapters/onnx/run-signature.ts';
import * as bundle from '#formats/bundle.ts';
import { bundleJson } from '#formats/bundle-json.ts';
import { requestText, responseText } from '#formats/inference/example.ts';
import type { FeedBatch } from '#formats/inference/rows.ts';
import { signatureOf, type ModelSignature } from '#formats/inference/signature.ts';
import { modelConfig, resolveModelRef, type ModelConfig } from '#features/models/index.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';
import { openScratch } from '#stores/scratch/scratch-folder.ts';
import { buildBundle, storeBundle, type BuiltBundle } from './bundle-builder.ts';
import { cardOf } from './card.ts';
import { checkMetadata, checkSignature, refuseFailed, tryBatching } from './check-model.ts';
import { exampleBatch, trialBatch } from './example-rows.ts';
import { loadModelBytes, missingFile, signatureHints, type LoadedModel } from './model-bytes.ts';
import { inputsOf, provenanceOf } from './provenance.ts';
import { recordedText } from './recorded-file.ts';
import { bundledProfile, referenceData } from './reference.ts';
import { sbomOf } from './sbom.ts';
import type { PackageCheck, PackageOutcome } from './types.ts';

export interface PackageOptions {
  readonly project: Project;
  /** `late@prod`, `late/3`. */
  readonly ref: string;
  /** Also writes the bundle to this folder, which then holds exactly the bundle. */
  readonly out?: AbsolutePath | undefined;
  readonly engine: EngineChoice;
  readonly by: string;
  /** Milliseconds since 1970; never part of the bundle. */
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/**
 * Builds the bundle of a version, tries it on the engine, stores it and records its digest. Everything in it
 * is a fact about the version, its run and its data: the same version gives the same digest. Throws
 * MLO_PACKAGE_REFUSED when a check fails.
 */
export async function packageModel(options: PackageOptions): Promise<PackageOutcome> {
  const { project } = options;
  const { version } = await resolveModelRef({ project, ref: options.ref });
  await using scratch = await openScratch(project.paths.tmpDir);
  const made = await make(options, version, scratch.dir);
  throwIfAborted(options.signal);
  const tree = await storeBundle(project, made.built, scratch.dir);
  const existed = await record(options, version, made.built, tree.id);
  if (options.out !== undefined) await (await project.store()).writeTreeTo(tree.id, options.out);
  return {
    ref: options.ref,
    name: version.name,
    version: version.version,
    digest: made.built.digest,
    treeId: tree.id,
    size: tree.size,
    files: [...made.built.files]
      .map(([path, content]) => ({ path, size: Buffer.byteLength(content) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    checks: made.checks,
    existed,
    output: options.out,
  };
}

interface Sources {
  readonly version: ModelVersion;
  readonly run: RunRecord | undefined;
  readonly config: ModelConfig | undefined;
  readonly model: LoadedModel;
  readonly signature: ModelSignature;
  /** Path of the reference data. */
  readonly reference: AbsolutePath | undefined;
}

async function make(
  options: PackageOptions,
  version: ModelVersion,
  scratch: AbsolutePath,
): Promise<{ built: BuiltBundle; checks: readonly PackageCheck[] }> {
  const sources = await gather(options.project, version, scratch);
  const { signature } = sources;
  const engine = await openEngine({ choice: options.engine, nativeDir: options.project.nativeDir });
  const session = await engine.load(sources.model.bytes, version.path);
  try {
    const checks = [
      { name: 'loads', passed: true, detail: `${engine.kind} engine ${engine.version}` },
      checkSignature(signature, session),
      checkMetadata(sources.model.header),
    ];
    refuseFailed(options.ref, checks);
    const example = await exampleBatch(
      signature,
      await exampleText(options.project, sources),
      sources.reference,
    );
    const examples = await recordExample(session, version, signature, example);
    checks.push({
      name: 'example',
      passed: true,
      detail: `${example.rows} ${example.rows === 1 ? 'row' : 'rows'} answered`,
    });
    throwIfAborted(options.signal);
    const trial = await tryBatching(
      session,
      signature,
      await trialBatch(signature, example, sources.reference),
    );
    checks.push(trial.check);
    const built = await assemble(options, sources, { engine, examples, batching: trial.batching });
    return { built, checks };
  } finally {
    await session.release();
  }
}

async function gather(project: Project, version: ModelVersion, scratch: AbsolutePath): Promise<Sources> {
  const config = await modelConfig({ project, name: version.name });
  const run = version.runId === undefined ? undefined : await runOf(project, version, version.runId);
  const model = await loadModelBytes(project, version);
  const hints = await signatureHints(project, config, run);
  const reference = await referenceData({ project, config, run, scratch });
  return {
    version,
    run,
    config,
    model,
    reference,
    signature: signatureOf(model.header, version.path, hints),
  };
}

async function runOf(
  project: Project,
  version: ModelVersion,
  runId: NonNullable<ModelVersion['runId']>,
): Promise<RunRecord> {
  const run = await (await project.tracking()).getRun(runId);
  if (run !== undefined) return run;
  throw new MloError(
    'integrity',
    'MLO_RUN_MISSING',
    `${version.name}/${version.version} names the run ${runId}, which is gone`,
  );
}

async function exampleText(project: Project, sources: Sources): Promise<string | undefined> {
  const path = sources.config?.example;
  if (path === undefined) return undefined;
  const text = await recordedText(project, path, sources.run);
  if (text !== undefined) return text;
  throw missingFile(joinPath(project.paths.root, path), 'example');
}

async function recordExample(
  session: OnnxSession,
  version: ModelVersion,
  signature: ModelSignature,
  example: FeedBatch,
): Promise<{ request: string; response: string }> {
  const feeds = example.feeds();
  const outputs = await runSignature(session, signature, feeds);
  return {
    request: requestText(feeds),
    response: responseText(version.name, String(version.version), outputs),
  };
}

async function assemble(
  options: PackageOptions,
  sources: Sources,
  tried: {
    readonly engine: OnnxEngine;
    readonly examples: { readonly request: string; readonly response: string };
    readonly batching: bundle.BundleManifest['batching'];
  },
): Promise<BuiltBundle> {
  const { version, run, model, signature } = sources;
  const engine = { kind: tried.engine.kind, version: tried.engine.version };
  const data = run === undefined ? [] : [...inputsOf(run)];
  const { irVersion, opsets, ops, producer, producerVersion } = model.header;
  const files = new Map<string, Uint8Array | string>([
    [bundle.MODEL_FILE, model.bytes],
    [bundle.SIGNATURE_FILE, bundleJson(signature)],
    [bundle.REQUEST_FILE, tried.examples.request],
    [bundle.RESPONSE_FILE, tried.examples.response],
    [
      bundle.ENVIRONMENT_FILE,
      bundleJson({ version: 1, engine, irVersion, opsets, ops, producer, producerVersion }),
    ],
    [bundle.PROVENANCE_FILE, bundleJson(provenanceOf(version, run))],
    [
      bundle.SBOM_FILE,
      bundleJson(
        sbomOf({ name: version.name, version: version.version, id: version.id, signature, data, engine }),
      ),
    ],
    [bundle.CARD_FILE, cardOf(version, signature, run)],
  ]);
  const profile =
    sources.reference === undefined
      ? undefined
      : await bundledProfile(options.project, sources.reference, {
          signal: options.signal,
          report: options.report,
        });
  if (profile !== undefined) files.set(bundle.REFERENCE_FILE, profile.bytes);
  return buildBundle(files, {
    name: version.name,
    version: version.version,
    model: { path: bundle.MODEL_FILE, id: version.id, size: version.size },
    run: version.runId ?? null,
    commit: version.gitCommit ?? null,
    data,
    reference: profile?.id ?? null,
    batching: tried.batching,
  });
}

/** True when this bundle was recorded before. */
async function record(
  options: PackageOptions,
  version: ModelVersion,
  built: BuiltBundle,
  treeId: BuiltBundle['digest'],
): Promise<boolean> {
  const registry = await options.project.registry();
  const { digest } = built;
  if ((await registry.getPackage(digest)) !== undefined) return true;
  await registry.addPackage({
    digest,
    treeId,
    name: version.name,
    version: version.version,
    createdAt: options.now,
  });
  await registry.addEvent({
    name: version.name,
    type: 'packaged',
    version: version.version,
    alias: undefined,
    previousVersion: undefined,
    at: options.now,
    by: options.by,
    reason: '',
    details: { digest },
  });
  return false;
}
