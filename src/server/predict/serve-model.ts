import { createServer, type Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { sleep } from '#foundation/abort.ts';
import { errnoOf, MloError } from '#foundation/errors.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import type { Report } from '#foundation/events.ts';
import { openPredictionLog, type PredictionLog, type Predictor } from '#features/serving/index.ts';
import type { PredictService } from './exchange.ts';
import { handleRequest } from './handle-request.ts';
import { PredictMetrics } from './metrics.ts';

export interface ServeOptions {
  readonly predictor: Predictor;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Folder of the model's prediction log; undefined: nothing is logged. */
  readonly logDir: AbsolutePath | undefined;
  /** Bytes; default 10 MiB. */
  readonly bodyLimit?: number;
  /**
   * Seconds for which a server that was told to stop still takes requests, when clients are connected:
   * until they, or the load balancer before them, have noticed. Default 1.
   */
  readonly graceSeconds?: number;
  readonly version: string;
  readonly report: Report;
  readonly now: () => number;
}

export interface ServeSummary {
  readonly model: string;
  readonly digest: string;
  readonly requests: number;
  readonly rows: number;
  readonly failed: number;
  readonly durationMs: number;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /**
   * Not ready at once; answers what is under way and what still comes within the grace; frees the model;
   * seals the log. Calling it again gives the same promise.
   */
  stop(): Promise<ServeSummary>;
}

/** Answers still owed after this are cut off. */
const DRAIN_MS = 30_000;

/** Time for a request to arrive on a connection that was made in the last moment of the grace. */
const LINGER_MS = 250;
/** Time in which connected clients notice that the server goes away, when no grace is given. */
const DEFAULT_GRACE_MS = 1000;

/** Starts the HTTP server; reports `listening` when it can be called. Throws MLO_PORT_IN_USE. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { predictor } = options;
  const { name, version, digest } = predictor.model;
  const log = await openLog(options);
  const sockets = new Set<Socket>();
  const service = makeService(options, log, sockets);
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    void handleRequest(service, request, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const startedAt = performance.now();
  const port = await listen(server, options).catch(async (error: unknown) => {
    await log?.close();
    throw error;
  });
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  options.report({
    type: 'listening',
    url,
    message: `serving ${name}/${version} at ${url} (${predictor.engine.kind} engine)`,
  });
  let stopping: Promise<ServeSummary> | undefined;
  const stop = async (): Promise<ServeSummary> => {
    service.state.ready = false;
    await drain(server, sockets, options.graceSeconds);
    await predictor.close();
    await log?.close();
    const durationMs = Math.round(performance.now() - startedAt);
    return { model: `${name}/${version}`, digest, ...service.metrics.totals(), durationMs };
  };
  return { url, port, stop: () => (stopping ??= stop()) };
}

function openLog(options: ServeOptions): Promise<PredictionLog | undefined> {
  const { logDir, predictor, report } = options;
  if (logDir === undefined) return Promise.resolve(undefined);
  return openPredictionLog({ dir: logDir, model: predictor.model, signature: predictor.signature, report });
}

function makeService(
  options: ServeOptions,
  log: PredictionLog | undefined,
  sockets: ReadonlySet<Socket>,
): PredictService {
  const { predictor } = options;
  return {
    predictor,
    log,
    metrics: new PredictMetrics({
      ...predictor.model,
      engine: `${predictor.engine.kind} ${predictor.engine.version}`,
      startedAt: options.now(),
    }),
    state: { ready: true },
    bodyLimit: options.bodyLimit ?? 10 << 20,
    version: options.version,
    now: options.now,
    connections: () => sockets.size,
  };
}

function listen(server: Server, options: ServeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, options)));
    server.listen(options.port, options.host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : options.port);
    });
  });
}

function listenError(error: unknown, { host, port }: ServeOptions): unknown {
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return new MloError('conflict', 'MLO_PORT_IN_USE', `another program listens on ${host}:${port}`, {
        hint: '--port 0 takes a free one',
      });
    case 'EACCES':
      return new MloError('failed', 'MLO_NO_PERMISSION', `no permission to listen on ${host}:${port}`, {
        hint: 'ports below 1024 need more rights; try --port 8080',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new MloError('usage', 'MLO_BAD_HOST', `this machine has no address "${host}"`, {
        hint: '--host 127.0.0.1, or --host 0.0.0.0 for all networks',
      });
    case undefined:
    default:
      return error;
  }
}

/**
 * Closing a connection races with a request that is already on its way. So clients are told with
 * `Connection: close` for the time of the grace while new connections are still taken; then nobody new is let
 * in, right behind a poll of the event loop, which has accepted whoever was waiting; and who is connected by
 * then gets a last moment to be heard before idle connections are cut.
 */
async function drain(
  server: Server,
  sockets: ReadonlySet<Socket>,
  graceSeconds: number | undefined,
): Promise<void> {
  const grace = graceSeconds === undefined ? DEFAULT_GRACE_MS : graceSeconds * 1000;
  await until(() => sockets.size === 0 && graceSeconds === undefined, grace);
  await new Promise<void>((resolve) => setImmediate(resolve));
  // The HTTP server's own close() would cut idle connections at once.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  await until(() => sockets.size === 0, LINGER_MS);
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cutOff);
}

async function until(done: () => boolean, mostMs: number): Promise<void> {
  const end = performance.now() + mostMs;
  while (performance.now() < end && !done()) await sleep(10);
}
