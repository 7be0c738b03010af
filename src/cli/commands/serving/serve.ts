import { formatCount, formatDuration } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'serve',
  summary: 'serve a packaged model over HTTP',
  details: `Speaks the Open Inference Protocol (V2, JSON and binary), TensorFlow Serving and KServe V1, and MLflow's
/invocations; Prometheus metrics at /metrics; /v2/health/live and /v2/health/ready for probes. Every answer has
an id (X-Mlo-Prediction-Id) and is logged under .mlo/predictions for "mlo drift check" and "mlo trace". On SIGTERM
or Ctrl-C it stops being ready, answers what is under way, and exits 0.`,
  examples: [
    { command: 'mlo serve late@prod', explains: 'at http://127.0.0.1:8080' },
    { command: 'mlo serve late/3 --port 0 --json', explains: 'any free port, told in the first line' },
    { command: 'mlo serve ./bundle --host 0.0.0.0', explains: 'an exported bundle, in a container' },
  ],
  args: {
    ref: {
      description: 'late@prod, late/3, a digest or a bundle folder',
      required: true,
      complete: 'model-ref',
    },
  },
  options: {
    host: { type: 'string', value: 'address', description: 'address to listen on', default: '127.0.0.1' },
    port: {
      type: 'number',
      value: 'port',
      description: 'port to listen on; 0: any free one',
      default: 8080,
      min: 0,
      max: 65_535,
      integer: true,
    },
    engine: {
      type: 'string',
      value: 'engine',
      choices: ['auto', 'native', 'wasm'],
      description: 'ONNX engine [serve.engine]',
    },
    queueRows: {
      type: 'number',
      value: 'rows',
      description: 'rows that may wait; more is refused with 429 [16384]',
      min: 1,
      integer: true,
    },
    bodyLimit: { type: 'number', value: 'MiB', description: 'largest request body', default: 10, min: 1 },
    grace: {
      type: 'number',
      value: 'seconds',
      description: 'keep taking requests this long after SIGTERM [until clients are gone, at most 1]',
      min: 0,
    },
    log: { type: 'boolean', description: 'do not log predictions', default: true },
  },
  needs: 'optional-project',
  output: 'lines',
  run: async (input, context) => {
    const { engineChoice, serveSource } = await import('#features/serving/index.ts');
    const { serveModel } = await import('#server/index.ts');
    const source = serveSource(input.ref, { cwd: context.cwd, project: () => context.project() });
    return serveModel({
      source,
      host: input.host,
      port: input.port,
      engine: engineChoice(input.engine, source.kind === 'ref' ? context.config() : undefined),
      nativeDir: context.nativeDir,
      ...(input.queueRows === undefined ? {} : { limits: { queueRows: input.queueRows } }),
      bodyLimit: input.bodyLimit * 1024 * 1024,
      ...(input.grace === undefined ? {} : { graceSeconds: input.grace }),
      predictionsDir: input.log && source.kind === 'ref' ? context.paths().predictionsDir : undefined,
      version: context.version,
      signal: context.signal,
      report: context.report,
      now: () => context.now(),
    });
  },
  render: (summary, ui) => {
    const counts = `${formatCount(summary.requests, 'request')}, ${formatCount(summary.rows, 'row')}`;
    const failed = summary.failed === 0 ? '' : `, ${summary.failed} refused or failed`;
    ui.line(`served ${summary.model} for ${formatDuration(summary.durationMs)}: ${counts}${failed}`);
  },
});
