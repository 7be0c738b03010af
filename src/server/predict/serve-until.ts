import { loadPredictor, type ServeSource, type ServingLimits } from '#features/serving/index.ts';
import type { EngineChoice } from '#adapters/onnx/open-engine.ts';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { joinPath } from '#foundation/paths.ts';
import { startServer, type ServeOptions, type ServeSummary } from './serve-model.ts';

export interface ServeModelOptions extends Omit<ServeOptions, 'predictor' | 'logDir'> {
  readonly source: ServeSource;
  readonly engine: EngineChoice;
  readonly nativeDir: AbsolutePath;
  readonly limits?: Partial<ServingLimits>;
  /** Folder that holds the logs of all models; undefined: predictions are not logged. */
  readonly predictionsDir: AbsolutePath | undefined;
  readonly signal: AbortSignal;
}

/** Serves a model until the signal fires, then drains; the result is what was done meanwhile. */
export async function serveModel(options: ServeModelOptions): Promise<ServeSummary> {
  throwIfAborted(options.signal);
  const predictor = await loadPredictor(options);
  const { predictionsDir, signal } = options;
  const logDir = predictionsDir === undefined ? undefined : joinPath(predictionsDir, predictor.model.name);
  const server = await startServer({ ...options, predictor, logDir }).catch(async (error: unknown) => {
    await predictor.close();
    throw error;
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return await server.stop();
}
