import type { ContentId } from '#foundation/brands.ts';
import { isMloError } from '#foundation/errors.ts';
import { shortId } from '#foundation/hash.ts';
import { isoTime } from '#foundation/clock.ts';
import { openBundle, type OpenedBundle } from '#features/packaging/index.ts';
import type { LoggedPrediction } from '#features/serving/index.ts';
import { brokenEdge, mustAgree } from './broken-edge.ts';
import { walkModel } from './walk-model.ts';
import type { Walk } from './walk.ts';

/** prediction -> package: the digest in the log is one the registry knows, of the same version. */
export async function walkPrediction(walk: Walk, prediction: LoggedPrediction): Promise<string> {
  const id = `prediction:${prediction.id}`;
  walk.graph.addNode({
    id,
    kind: 'prediction',
    name: prediction.id,
    facts: { time: isoTime(prediction.time), rows: prediction.rows, outputs: prediction.outputs },
  });
  const edge = {
    from: `prediction ${prediction.id}`,
    to: `package ${shortId(prediction.bundle)}`,
    what: 'the bundle that answered',
  };
  const log = 'the prediction log';
  const row = await walk.registry.getPackage(prediction.bundle);
  if (row === undefined) {
    throw brokenEdge(
      edge,
      { says: prediction.bundle, readFrom: log },
      { says: 'that no such package exists', readFrom: 'the registry' },
    );
  }
  mustAgree(
    edge,
    { says: `${prediction.model}/${prediction.version}`, readFrom: log },
    { says: `${row.name}/${row.version}`, readFrom: `the registry's row of package ${shortId(row.digest)}` },
  );
  const to = await walkPackage(walk, prediction.bundle);
  walk.graph.addEdge({
    from: id,
    to,
    relation: 'served-by',
    evidence: 'prediction log and registry name the digest',
  });
  return id;
}

/** package -> model version: the bundle's bytes match its digest, its manifest and the registry agree. */
export async function walkPackage(walk: Walk, digest: ContentId): Promise<string> {
  const id = `package:${digest}`;
  const row = await walk.registry.getPackage(digest);
  const { manifest } = await verifiedBundle(walk, digest);
  const name = `${manifest.name}/${manifest.version}`;
  const fresh = walk.graph.addNode({
    id,
    kind: 'package',
    name,
    facts: {
      digest,
      ...(row === undefined ? {} : { packagedAt: isoTime(row.createdAt) }),
      files: manifest.files.length,
    },
  });
  if (!fresh) return id;
  const edge = {
    from: `package ${shortId(digest)}`,
    to: `model ${name}`,
    what: 'which version is packaged',
  };
  const inManifest = `mlo-bundle.json of package ${shortId(digest)}`;
  mustAgree(
    edge,
    { says: name, readFrom: inManifest },
    { says: row === undefined ? name : `${row.name}/${row.version}`, readFrom: "the registry's package row" },
  );
  const version = await walk.registry.getVersion(manifest.name, manifest.version);
  const registry = `the registry's row of ${name}`;
  if (version === undefined) {
    throw brokenEdge(edge, { says: name, readFrom: inManifest }, { says: 'nothing', readFrom: registry });
  }
  const pairs: readonly [string, string, string][] = [
    ['the content of the model', manifest.model.id, version.id],
    ['the run that made the model', manifest.run ?? 'no run', version.runId ?? 'no run'],
    ['the Git commit', manifest.commit ?? 'no commit', version.gitCommit ?? 'no commit'],
  ];
  for (const [what, packaged, registered] of pairs) {
    mustAgree(
      { ...edge, what },
      { says: packaged, readFrom: inManifest },
      { says: registered, readFrom: registry },
    );
  }
  const to = await walkModel(walk, version, manifest);
  walk.graph.addEdge({
    from: id,
    to,
    relation: 'packs',
    evidence: 'every file matches its checksum; manifest and registry name the same model, run and commit',
  });
  return id;
}

/** Opening checks the digest of the manifest and the checksum of every file. */
async function verifiedBundle(walk: Walk, digest: ContentId): Promise<OpenedBundle> {
  try {
    return await openBundle({ project: walk.project, ref: digest });
  } catch (error) {
    if (!isMloError(error) || error.code === 'MLO_NO_PACKAGE') throw error;
    if (error.kind !== 'integrity' && error.kind !== 'not-found') throw error;
    throw brokenEdge(
      { from: `package ${shortId(digest)}`, to: 'its bytes', what: 'the content of the bundle' },
      { says: digest, readFrom: 'the registry' },
      { says: `"${error.message}"`, readFrom: 'the store' },
      { cause: error, hint: error.hint ?? 'mlo pull' },
    );
  }
}
