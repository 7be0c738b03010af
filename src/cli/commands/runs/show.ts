import { shortId } from '#foundation/content-id.ts';
import type { MetricValue, RunDetails } from '#features/runs/index.ts';
import { defineCommand } from '../../define-command.ts';
import { formatBytes, formatDuration, formatNumber, formatTime } from '../../ui/format.ts';
import { statusText } from '../../ui/run-status.ts';
import type { Ui } from '../../ui/ui.ts';

export const command = defineCommand({
  path: 'runs show',
  summary: 'show everything recorded about a run',
  details: `A run is named by @last, @best(metric) or @best(metric:min), its name, its id or the first digits of it.`,
  examples: [
    { command: 'mlo runs show @last', explains: 'the newest run' },
    { command: 'mlo runs show "@best(auc)" --json', explains: 'the best finished run by a metric, as data' },
  ],
  args: { run: { description: 'which run', required: true, complete: 'run' } },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { showRun } = await import('#features/runs/index.ts');
    return showRun({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      ref: input.run,
    });
  },
  render: (run, ui) => {
    ui.line(`${ui.theme.bold(run.name)}  ${statusText(run.status, ui.theme)}${exitText(run)}`);
    ui.table(facts(run), { indent: 2 });
    section(ui, 'Metrics', metricRows(run), {
      right: [1, 2, 3, 4, 5],
      head: ['', 'last', 'step', 'min', 'max', 'points'],
    });
    section(ui, 'Params', Object.entries(run.params));
    section(ui, 'Inputs', fileRows(run.inputs));
    section(ui, 'Outputs', fileRows(run.outputs));
    section(ui, 'Artifacts', fileRows(run.artifacts));
    section(ui, 'Environment', Object.entries(run.environment));
    const tags = Object.entries(run.tags).filter(([key]) => ui.verbose || !/^(mlflow|mlo)\./.test(key));
    section(ui, 'Tags', tags);
  },
});

function exitText(run: RunDetails): string {
  return run.exitCode === null || run.exitCode === 0 ? '' : ` (exit code ${run.exitCode})`;
}

function facts(run: RunDetails): readonly (readonly [string, string])[] {
  const { code } = run;
  const commit = code.commit === null ? undefined : code.commit.slice(0, 12);
  const branch = code.branch === null ? '' : ` on ${code.branch}`;
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['id', run.runId],
    ['experiment', run.experiment],
    ['command', run.command],
    ['started', `${formatTime(run.startedAt)}, took ${formatDuration(run.durationMs)}`],
    ['by', run.user],
    ['commit', commit && `${commit}${branch}${code.dirty ? ', with uncommitted changes' : ''}`],
  ];
  return rows.flatMap(([key, value]) => (value == null ? [] : [[key, value] as const]));
}

function metricRows(run: RunDetails): readonly (readonly string[])[] {
  return run.metricDetails.map((metric) => [
    metric.key,
    numberText(metric.value),
    String(metric.step),
    numberText(metric.min),
    numberText(metric.max),
    String(metric.points),
  ]);
}

function numberText(value: MetricValue | null): string {
  if (value === null) return '';
  return typeof value === 'number' ? formatNumber(value) : value;
}

function fileRows(files: RunDetails['inputs']): readonly (readonly string[])[] {
  return files.map((file) => [
    file.kind === 'dir' ? `${file.path}/` : file.path,
    formatBytes(file.size),
    shortId(file.id),
  ]);
}

function section(
  ui: Ui,
  title: string,
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly number[]; readonly head?: readonly string[] } = {},
): void {
  if (rows.length === 0) return;
  ui.line();
  if (options.head === undefined) ui.line(ui.theme.bold(title));
  ui.table(rows, {
    ...options,
    ...(options.head === undefined ? {} : { head: [title, ...options.head.slice(1)] }),
    indent: options.head === undefined ? 2 : 0,
  });
}
