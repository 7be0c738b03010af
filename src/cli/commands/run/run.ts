import { defineCommand } from '../../define-command.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../ui/format.ts';
import { shortRunId } from '../../ui/run-status.ts';

export const command = defineCommand({
  path: 'run',
  summary: 'run a command and record it: params, metrics, code, data, environment, output',
  details: `Everything after -- is your command; it runs unchanged. Recorded are: params from -P, from words such as
--lr 0.1, from --params files and params.yaml (in this order of strength); metrics from --metrics files, and from
metrics*.json (.jsonl, .csv, .tsv), metrics/ and a DVCLive folder when the command writes them; the Git commit and
what differs from it; inputs by content; outputs into the store; what was printed; interpreter and packages.
Inside the command, MLO_RUN_ID names the run, and "mlo log" adds to it from any language.`,
  examples: [
    { command: 'mlo run -- python train.py --lr 0.1', explains: 'record one training' },
    {
      command: 'mlo run -n baseline --input data/train.parquet --output model.onnx -- python train.py',
      explains: 'with a name, what it reads and what it makes',
    },
    { command: 'mlo run --capture-metrics -- ./train.sh', explains: 'take "loss=0.31" from what it prints' },
  ],
  args: { command: { description: 'the command and its arguments', required: true, variadic: true } },
  options: {
    name: {
      type: 'string',
      short: 'n',
      value: 'name',
      description: 'name of the run; one is made up when not given',
    },
    experiment: {
      type: 'string',
      value: 'name',
      description: 'experiment the run belongs to; made when new',
    },
    param: { type: 'strings', short: 'P', value: 'key=value', description: 'a parameter to record' },
    params: {
      type: 'strings',
      value: 'file',
      complete: 'path',
      description: 'YAML or JSON file of parameters',
    },
    input: { type: 'strings', value: 'path', complete: 'path', description: 'what the command reads' },
    output: {
      type: 'strings',
      value: 'path',
      complete: 'path',
      description: 'what the command makes; stored',
    },
    metrics: {
      type: 'strings',
      value: 'file',
      complete: 'path',
      description: 'JSON, JSON lines, CSV or TSV file, or DVCLive folder, with metrics',
    },
    captureMetrics: { type: 'boolean', description: 'take name=value from the lines the command prints' },
  },
  needs: 'project',
  output: 'document',
  passThrough: true,
  run: async (input, context) => {
    const { runCommand } = await import('#features/runs/index.ts');
    return runCommand({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      command: input.command,
      cwd: context.cwd,
      env: context.env,
      user: await context.user(),
      name: input.name,
      experiment: input.experiment,
      params: input.param,
      paramFiles: input.params.map((path) => context.resolve(path)),
      inputs: input.input.map((path) => context.resolve(path)),
      outputs: input.output.map((path) => context.resolve(path)),
      metricFiles: input.metrics.map((path) => context.resolve(path)),
      captureMetrics: input.captureMetrics,
    });
  },
  render: (result, ui) => {
    const metrics = Object.entries(result.metrics);
    ui.line(
      `Recorded as run ${ui.theme.accent(result.name)} in ${formatDuration(result.durationMs)}: ` +
        `${formatCount(result.params, 'param')}, ${formatCount(metrics.length, 'metric')}`,
    );
    const shown = metrics.slice(0, 20);
    ui.table(
      shown.map(([key, value]) => [key, typeof value === 'number' ? formatNumber(value) : value]),
      { indent: 2 },
    );
    if (metrics.length > shown.length) ui.line(`  and ${metrics.length - shown.length} more`);
    for (const output of result.outputs) ui.line(`  ${output.path} stored (${formatBytes(output.size)})`);
    ui.line(ui.theme.dim(`all of it: mlo runs show ${shortRunId(result.runId)}`));
  },
  exitCode: (result) => (result.problems.length === 0 ? EXIT.ok : EXIT.partly),
});
