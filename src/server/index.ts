/** Serves one model over HTTP until told to stop. */
export { serveModel } from './predict/serve-until.ts';
/** The same in pieces: start, then `stop()`. */
export { startServer, type RunningServer, type ServeOptions } from './predict/serve-model.ts';
