/** Serves one model over HTTP until told to stop. */
export { serveModel, type ServeModelOptions } from './predict/serve-until.ts';
/** The same in pieces: start, then `stop()`. */
export {
  startServer,
  type RunningServer,
  type ServeOptions,
  type ServeSummary,
} from './predict/serve-model.ts';
export { httpErrorOf, type HttpError } from './error-table.ts';
