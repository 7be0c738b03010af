import { DTYPES, type Tensor } from './dtypes.ts';
import { decodeInvocations } from './decode-tabular.ts';
import { decodeV2 } from './decode-v2.ts';
import { flatJson, type NamedTensor } from './encode.ts';
import type { RowSink } from './rows.ts';
import type { ModelSignature } from './signature.ts';
import { parseTolerantJson } from './tolerant-json.ts';

/**
 * Decodes an example request in any form mlo serves: V2 tensors, `inputs`, `instances`, data frames, a bare
 * list of records, or `{"rows": [...]}`.
 */
export function decodeExample(text: string, signature: ModelSignature, sink: RowSink): void {
  const value = parseTolerantJson(text);
  if (isV2(value)) {
    decodeV2(Buffer.from(text, 'utf8'), undefined, signature, sink);
    return;
  }
  const rows = Array.isArray(value) ? value : rowsOf(value);
  decodeInvocations(rows === undefined ? value : { instances: rows }, signature, sink);
}

function isV2(value: unknown): boolean {
  const inputs = typeof value === 'object' && value !== null && 'inputs' in value ? value.inputs : undefined;
  const first: unknown = Array.isArray(inputs) ? inputs[0] : undefined;
  return typeof first === 'object' && first !== null && 'datatype' in first;
}

function rowsOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'rows' in value ? value.rows : undefined;
}

/** A V2 request of these tensors, one line a tensor; the same tensors give the same bytes. */
export function requestText(inputs: Readonly<Record<string, Tensor>>): string {
  const lines = Object.entries(inputs).map(([name, tensor]) => tensorText({ ...tensor, name }));
  return `{\n  "inputs": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/** The V2 response of these tensors. */
export function responseText(model: string, version: string, outputs: readonly NamedTensor[]): string {
  const head = `  "model_name": ${JSON.stringify(model)},\n  "model_version": ${JSON.stringify(version)},\n`;
  return `{\n${head}  "outputs": [\n${outputs.map(tensorText).join(',\n')}\n  ]\n}\n`;
}

function tensorText(tensor: NamedTensor): string {
  const { v2 } = DTYPES[tensor.type];
  return (
    `    {"name": ${JSON.stringify(tensor.name)}, "datatype": "${v2}", "shape": [${tensor.dims.join(', ')}], ` +
    `"data": [${flatJson(tensor, 'null')}]}`
  );
}
