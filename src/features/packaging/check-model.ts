import { isAbsolute } from 'node:path';
import { runSignature } from '#adapters/onnx/run-signature.ts';
import type { OnnxSession } from '#adapters/onnx/engine.ts';
import type { BundleManifest } from '#formats/bundle.ts';
import { outputRows, type NamedTensor } from '#formats/inference/encode.ts';
import type { FeedBatch } from '#formats/inference/rows.ts';
import { isRowModel, type ModelSignature } from '#formats/inference/signature.ts';
import type { OnnxHeader } from '#formats/onnx/model-header.ts';
import { MloError } from '#foundation/errors.ts';
import type { PackageCheck } from './types.ts';

/** Relative difference up to which batched and single answers count as the same but for rounding. */
const CLOSE = 1e-4;

/** The engine must see the same tensors as the header: names, types and sizes. */
export function checkSignature(signature: ModelSignature, session: OnnxSession): PackageCheck {
  const describe = (name: string, type: string | undefined, shape: readonly (number | string)[]): string =>
    `${name}: ${type ?? 'no tensor'}[${shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : '?')).join(', ')}]`;
  const graph = [...session.inputs, ...session.outputs].map((t) => describe(t.name, t.type, t.shape));
  const told = [...signature.inputs, ...signature.outputs].map((t) => describe(t.name, t.dtype, t.shape));
  // Engines infer sizes that the file leaves open, so only names and types of outputs must agree.
  const nameAndType = (text: string): string => text.slice(0, text.indexOf('['));
  const odd = told.find((text, at) => nameAndType(text) !== nameAndType(graph[at] ?? '['));
  return {
    name: 'signature',
    passed: odd === undefined,
    detail: odd === undefined ? told.join(', ') : `the file says ${odd}, the engine ${graph.join(', ')}`,
  };
}

/** Paths of the machine it was trained on have no place in something that is handed around. */
export function checkMetadata(header: OnnxHeader): PackageCheck {
  const found = Object.entries(header.metadata).find(
    ([, value]) =>
      isAbsolute(value) || /(?:^|[\s"'=])\/(?:home|Users|root|tmp)\/\S|[A-Z]:\\Users\\/.test(value),
  );
  return {
    name: 'metadata',
    passed: found === undefined,
    detail: found === undefined ? 'no absolute paths' : `"${found[0]}" holds an absolute path`,
  };
}

export interface BatchingTrial {
  readonly batching: BundleManifest['batching'];
  readonly check: PackageCheck;
}

/**
 * Runs rows together and alone. Models that use statistics of the batch give other answers together: those
 * must never be batched, and asking them several rows at once is the caller's own wish.
 */
export async function tryBatching(
  session: OnnxSession,
  signature: ModelSignature,
  rows: FeedBatch,
): Promise<BatchingTrial> {
  if (!isRowModel(signature)) {
    return result('none', 'the first dimension is fixed or rows have no fixed width: one request a run');
  }
  const together = await runSignature(session, signature, rows.feeds());
  if (!together.every((output) => output.dims[0] === rows.rows)) {
    return result('none', 'an output has not one row for each row of input: one request a run');
  }
  let worst = 0;
  for (let row = 0; row < rows.rows; row += 1) {
    const alone = await runSignature(session, signature, rows.feeds(row, row + 1));
    for (const [at, output] of alone.entries()) {
      const whole = together[at];
      if (whole !== undefined)
        worst = Math.max(worst, difference(output, outputRows(whole, rows.rows, row, 1)));
    }
  }
  if (worst === 0) return result('exact', `${rows.rows} rows together give the bits they give alone`);
  if (worst <= CLOSE)
    return result('close', `rows together differ from rows alone by at most ${Number(worst.toPrecision(2))}`);
  return result(
    'none',
    `rows together differ from rows alone by ${Number(worst.toPrecision(2))}: one request a run`,
  );
}

function result(batching: BundleManifest['batching'], detail: string): BatchingTrial {
  return { batching, check: { name: 'batching', passed: true, detail: `${batching}: ${detail}` } };
}

/** Largest relative difference; Infinity for other text, other sizes, or NaN against a number. */
function difference(a: NamedTensor, b: NamedTensor): number {
  if (a.data.length !== b.data.length) return Infinity;
  let worst = 0;
  for (let at = 0; at < a.data.length; at += 1) {
    const x = a.data[at];
    const y = b.data[at];
    if (Object.is(x, y) || x === y) continue;
    if (typeof x !== 'number' || typeof y !== 'number') return Infinity;
    const relative = Math.abs(x - y) / Math.max(1, Math.abs(x), Math.abs(y));
    worst = Math.max(worst, Number.isNaN(relative) ? Infinity : relative);
  }
  return worst;
}

/** Throws MLO_PACKAGE_REFUSED naming the first check that failed. */
export function refuseFailed(ref: string, checks: readonly PackageCheck[]): void {
  const failed = checks.find((check) => !check.passed);
  if (failed === undefined) return;
  throw new MloError('failed', 'MLO_PACKAGE_REFUSED', `${ref}: check "${failed.name}": ${failed.detail}`, {
    details: { checks },
  });
}
