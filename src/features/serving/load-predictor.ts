import type { AbsolutePath } from '#foundation/brands.ts';
import { openEngine, type EngineChoice } from '#adapters/onnx/open-engine.ts';
import { openBundle, openBundleDir } from '#features/packaging/index.ts';
import type { Project } from '#stores/project.ts';
import { createPredictor, type Predictor } from './create-predictor.ts';
import type { ServingLimits } from './types.ts';

/** A reference into the project's registry, or a folder that a bundle was exported to. */
export type ServeSource =
  | { readonly kind: 'ref'; readonly project: Project; readonly ref: string }
  | { readonly kind: 'dir'; readonly dir: AbsolutePath };

export interface LoadOptions {
  readonly source: ServeSource;
  readonly engine: EngineChoice;
  readonly nativeDir: AbsolutePath | undefined;
  readonly limits?: Partial<ServingLimits>;
}

/** Opens the bundle (every checksum verified), loads and warms it up. Release it with `close`. */
export async function loadPredictor(options: LoadOptions): Promise<Predictor> {
  const { source } = options;
  const bundle = source.kind === 'ref' ? await openBundle(source) : await openBundleDir(source.dir);
  const engine = await openEngine({ choice: options.engine, nativeDir: options.nativeDir });
  return await createPredictor(bundle, engine, options.limits);
}
