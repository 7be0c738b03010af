import { createHash } from 'node:crypto';
import { hexOf } from '#foundation/hash.ts';
import type { ContentId } from '#foundation/brands.ts';
import type { EngineKind } from '#adapters/onnx/engine.ts';
import { DTYPES } from '#formats/inference/dtypes.ts';
import type { ModelSignature, SignatureTensor } from '#formats/inference/signature.ts';

/**
 * CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/) with the model as a machine-learning-model component,
 * the data it was trained on and the runtime it was checked with. No time and no random number: the serial
 * number comes from the model's hash.
 */
export function sbomOf(options: {
  readonly name: string;
  readonly version: number;
  readonly id: ContentId;
  readonly signature: ModelSignature;
  readonly data: readonly { readonly path: string; readonly id: ContentId }[];
  readonly engine: { readonly kind: EngineKind; readonly version: string };
}): unknown {
  const { name, version, id, signature, data, engine } = options;
  const modelRef = `model:${name}/${version}`;
  const packageName = engine.kind === 'native' ? 'onnxruntime-node' : 'onnxruntime-web';
  const purl = `pkg:npm/${packageName}@${engine.version}`;
  const dataRef = (path: string): string => `data:${path}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(`${name}/${version}/${id}`)}`,
    version: 1,
    metadata: {
      component: {
        type: 'machine-learning-model',
        'bom-ref': modelRef,
        name,
        version: String(version),
        hashes: [{ alg: 'SHA-256', content: hexOf(id) }],
        modelCard: {
          modelParameters: {
            datasets: data.map(({ path }) => ({ ref: dataRef(path) })),
            inputs: signature.inputs.map((tensor) => ({ format: formatOf(tensor) })),
            outputs: signature.outputs.map((tensor) => ({ format: formatOf(tensor) })),
          },
        },
      },
    },
    components: [
      { type: 'library', 'bom-ref': purl, name: packageName, version: engine.version, purl },
      ...data.map(({ path, id: dataId }) => ({
        type: 'data',
        'bom-ref': dataRef(path),
        name: path,
        hashes: [{ alg: 'SHA-256', content: hexOf(dataId) }],
      })),
    ],
    dependencies: [{ ref: modelRef, dependsOn: [purl, ...data.map(({ path }) => dataRef(path))] }],
  };
}

function formatOf(tensor: SignatureTensor): string {
  return `${tensor.name}: ${DTYPES[tensor.dtype].v2}[${tensor.shape.join(',')}]`;
}

/** A name-based UUID (RFC 9562, version 8: the digits are a hash's). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
