import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { errnoOf, messageOf } from '#foundation/errors.ts';
import type { OnnxEngine } from './engine.ts';
import { ortEngine, type OrtModule } from './ort-session.ts';

export type NativeAttempt =
  | { readonly engine: OnnxEngine; readonly path: string }
  | { readonly engine: undefined; readonly reason: string };

/**
 * Looks for onnxruntime-node beside mlo, then in `nativeDir` (where `mlo doctor --fix` installs it). Never
 * throws: a missing package, a platform without a binary and a too old C library are all reasons.
 */
export function loadNative(nativeDir: string | undefined): NativeAttempt {
  const bases = [import.meta.url, ...(nativeDir === undefined ? [] : [join(nativeDir, 'package.json')])];
  const reasons: string[] = [];
  for (const base of bases) {
    const attempt = loadFrom(base);
    if (attempt.engine !== undefined) return attempt;
    reasons.push(attempt.reason);
  }
  return { engine: undefined, reason: reasons.find((text) => text !== NOT_INSTALLED) ?? NOT_INSTALLED };
}

const NOT_INSTALLED = 'onnxruntime-node is not installed';

function loadFrom(base: string): NativeAttempt {
  const require = createRequire(base);
  try {
    const entry = require.resolve('onnxruntime-node');
    const ort = require('onnxruntime-node') as OrtModule;
    return { engine: ortEngine('native', versionBeside(entry), ort), path: dirname(dirname(entry)) };
  } catch (error) {
    if (errnoOf(error) === 'MODULE_NOT_FOUND' && /'onnxruntime-node'/.test(messageOf(error))) {
      return { engine: undefined, reason: NOT_INSTALLED };
    }
    return {
      engine: undefined,
      reason: `onnxruntime-node does not load: ${messageOf(error).split('\n')[0] ?? ''}`,
    };
  }
}

function versionBeside(entry: string): string {
  const text = readFileSync(join(dirname(dirname(entry)), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
