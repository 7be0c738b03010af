import { isContentId, shortId } from '#foundation/content-id.ts';
import type { ComparedMetric, ComparedRow, RunComparison } from '#features/runs/index.ts';
import { defineCommand } from '../../define-command.ts';
import { formatDuration, formatNumber, formatTime } from '../../ui/format.ts';
import { shortRunId, statusText } from '../../ui/run-status.ts';
import { displayWidth } from '../../ui/text-width.ts';
import type { Ui } from '../../ui/ui.ts';

const CELL_WIDTH = 32;
const COMMIT = /^[0-9a-f]{40}$/;

export const command = defineCommand({
  path: 'runs compare',
  summary: 'compare runs: metrics, params, data, code, environment',
  details: `Shows what differs; what is the same is named in one line, or listed with --all. Without runs the last
two. Differences of metrics are to the first run.`,
  examples: [
    { command: 'mlo runs compare', explains: 'the last two runs' },
    { command: 'mlo runs compare "@best(auc)" @last', explains: 'the newest against the best' },
  ],
  args: { runs: { description: 'two runs or more', variadic: true, complete: 'run' } },
  options: { all: { type: 'boolean', description: 'list also what is the same' } },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { compareRuns } = await import('#features/runs/index.ts');
    return compareRuns({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      refs: input.runs,
    });
  },
  render: (result, ui, input) => {
    ui.table(headRows(result, ui), { head: ['', ...result.runs.map((run) => run.name)] });
    const section = (title: string, rows: readonly Row[]): void => renderSection(ui, title, rows, input.all);
    section(
      'Metrics',
      result.metrics.map((metric) => metricRow(metric, ui)),
    );
    section('Params', result.params.map(plainRow));
    section('Inputs', result.inputs.map(plainRow));
    section('Outputs', result.outputs.map(plainRow));
    section('Code', result.code.map(plainRow));
    section('Environment', result.environment.map(plainRow));
  },
});

interface Row {
  readonly key: string;
  readonly cells: readonly string[];
  readonly same: boolean;
}

function headRows(result: RunComparison, ui: Ui): readonly (readonly string[])[] {
  const row = (key: string, cell: (run: RunComparison['runs'][number]) => string): string[] => [
    key,
    ...result.runs.map(cell),
  ];
  return [
    row('run', (run) => ui.theme.accent(shortRunId(run.runId))),
    row('status', (run) => statusText(run.status, ui.theme)),
    row('started', (run) => formatTime(run.startedAt)),
    row('took', (run) => formatDuration(run.durationMs)),
  ];
}

function renderSection(ui: Ui, title: string, rows: readonly Row[], all: boolean): void {
  if (rows.length === 0) return;
  const shown = all ? rows : rows.filter((row) => !row.same);
  const same = rows.filter((row) => row.same);
  ui.line();
  ui.line(ui.theme.bold(title));
  if (shown.length > 0)
    ui.table(
      shown.map((row) => [row.key, ...row.cells]),
      { indent: 2 },
    );
  if (!all && same.length > 0) ui.line(ui.theme.dim(`  the same: ${someOf(same.map((row) => row.key))}`));
}

function plainRow(row: ComparedRow): Row {
  return { key: row.key, same: row.same, cells: row.values.map(plainText) };
}

function plainText(value: string | null): string {
  if (value === null) return '-';
  if (isContentId(value)) return shortId(value);
  return cut(COMMIT.test(value) ? value.slice(0, 12) : value);
}

function metricRow(metric: ComparedMetric, ui: Ui): Row {
  const texts = metric.values.map((value) => {
    if (value === null) return '-';
    return typeof value === 'number' ? formatNumber(value) : value;
  });
  const width = Math.max(...texts.map((text) => text.length));
  const cells = texts.map((text, i) => {
    const delta = metric.deltas[i];
    return delta == null || delta === 0 ? text : `${text.padEnd(width)}  ${deltaText(delta, metric, ui)}`;
  });
  return { key: metric.key, same: metric.same, cells };
}

function deltaText(delta: number, metric: ComparedMetric, ui: Ui): string {
  const text = `${delta > 0 ? '+' : ''}${formatNumber(delta)}`;
  return delta > 0 === (metric.better === 'higher') ? ui.theme.good(text) : ui.theme.bad(text);
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more (--all)` : shown;
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return displayWidth(line) <= CELL_WIDTH ? line : `${line.slice(0, CELL_WIDTH - 1)}…`;
}
