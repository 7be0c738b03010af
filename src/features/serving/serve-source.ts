import { isAbsolute } from 'node:path';
import type { EngineChoice } from '#adapters/onnx/open-engine.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { absolutePath } from '#foundation/paths.ts';
import type { Config } from '#formats/config/config.ts';
import type { Project } from '#stores/project.ts';
import type { ServeSource } from './load-predictor.ts';

/** What starts with `.`, `/` or a drive is a bundle folder; anything else is asked of the registry. */
export function serveSource(
  ref: string,
  from: { readonly cwd: AbsolutePath; readonly project: () => Project },
): ServeSource {
  if (ref.startsWith('.') || isAbsolute(ref)) return { kind: 'dir', dir: absolutePath(from.cwd, ref) };
  return { kind: 'ref', project: from.project(), ref };
}

/** The flag, else the configuration. `config` is undefined outside a project. */
export function engineChoice(flag: string | undefined, config: Config | undefined): EngineChoice {
  const choice = flag ?? config?.get('serve.engine') ?? 'auto';
  return choice === 'native' || choice === 'wasm' ? choice : 'auto';
}

export function requiredInput(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new MloError('usage', 'MLO_NO_INPUT', 'name the table to score', {
    hint: 'mlo predict late@prod --input data.parquet --output scored.parquet',
  });
}
