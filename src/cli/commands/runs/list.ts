import type { RunSummary } from '#features/runs/index.ts';
import { defineCommand } from '../../define-command.ts';
import { nameList } from '../../name-list.ts';
import { formatDuration, formatNumber, formatTime } from '../../ui/format.ts';
import { shortRunId, statusText } from '../../ui/run-status.ts';
import { displayWidth } from '../../ui/text-width.ts';
import type { Ui } from '../../ui/ui.ts';

/** Without a terminal as wide as one is likely to be read on. */
const DEFAULT_WIDTH = 100;
const GAP = 2;

export const command = defineCommand({
  path: 'runs list',
  summary: 'list recorded runs with their metrics',
  details: `Metrics most runs have come first, as many as fit; --columns chooses metrics and params by name.
Runs whose mlo was killed are shown as KILLED.`,
  examples: [
    { command: 'mlo runs list', explains: 'the newest runs' },
    { command: 'mlo runs list --sort auc:desc --limit 5', explains: 'the five best by a metric' },
    { command: 'mlo runs list --columns auc,train.trees', explains: 'one metric and one param' },
  ],
  options: {
    sort: {
      type: 'string',
      value: 'metric[:asc|desc]',
      complete: 'metric',
      description: 'order by a metric',
    },
    limit: { type: 'number', min: 1, integer: true, default: 50, description: 'at most so many' },
    experiment: { type: 'string', value: 'name', description: 'of one experiment only' },
    columns: {
      type: 'strings',
      value: 'names',
      description: 'metrics and params to show, separated by commas',
    },
    params: { type: 'boolean', description: 'show params as well, differing ones first' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { listRuns } = await import('#features/runs/index.ts');
    const runs = await listRuns({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      experiment: input.experiment,
      sort: input.sort,
      limit: input.limit,
    });
    return { runs };
  },
  render: ({ runs }, ui, input) => {
    if (runs.length === 0) {
      ui.line('no runs are recorded yet; record one: mlo run -- <command>');
      return;
    }
    const fixed = fixedColumns(runs, ui);
    const columns = nameList(input.columns);
    const params = input.params ? paramNames(runs) : [];
    const wanted = columns.length > 0 ? columns : [...metricNames(runs), ...params];
    const room = (ui.width ?? DEFAULT_WIDTH) - widthOf(fixed);
    const shown = columns.length > 0 ? wanted : fitting(wanted, runs, room);
    const all = [...fixed, ...shown.map((name) => valueColumn(name, runs))];
    ui.table(
      runs.map((_, row) => all.map((column) => column.cells[row] ?? '')),
      {
        head: all.map((column) => column.head),
        right: all.flatMap((column, i) => (column.right ? [i] : [])),
      },
    );
    const hidden = wanted.filter((name) => !shown.includes(name));
    if (hidden.length > 0) ui.line(ui.theme.dim(`not shown: ${someOf(hidden)} (--columns)`));
  },
});

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly right: boolean;
}

function fixedColumns(runs: readonly RunSummary[], ui: Ui): readonly Column[] {
  const experiments = new Set(runs.map((run) => run.experiment));
  const left = (head: string, cell: (run: RunSummary) => string): Column => ({
    head,
    cells: runs.map(cell),
    right: false,
  });
  return [
    left('RUN', (run) => ui.theme.accent(shortRunId(run.runId))),
    left('NAME', (run) => cut(run.name, ui.width === undefined ? Infinity : 24)),
    ...(experiments.size > 1 ? [left('EXPERIMENT', (run) => cut(run.experiment, 16))] : []),
    left('STATUS', (run) => statusText(run.status, ui.theme)),
    left('STARTED', (run) => formatTime(run.startedAt).slice(0, 'YYYY-MM-DD HH:MM'.length)),
    { head: 'TOOK', cells: runs.map((run) => formatDuration(run.durationMs)), right: true },
  ];
}

function valueColumn(name: string, runs: readonly RunSummary[]): Column {
  const values = runs.map((run) => run.metrics[name] ?? run.params[name]);
  const cells = values.map((value) => (typeof value === 'number' ? formatNumber(value) : (value ?? '')));
  return { head: name, cells, right: values.every((value) => typeof value !== 'string') };
}

/** Those that most runs have first. */
function metricNames(runs: readonly RunSummary[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const name of Object.keys(run.metrics)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** Those whose values differ first: the others tell nothing about the runs. */
function paramNames(runs: readonly RunSummary[]): readonly string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.params)))].sort();
  const differs = (name: string): boolean => new Set(runs.map((run) => run.params[name])).size > 1;
  return [...names.filter(differs), ...names.filter((name) => !differs(name))];
}

function fitting(names: readonly string[], runs: readonly RunSummary[], room: number): readonly string[] {
  const shown: string[] = [];
  let left = room;
  for (const name of names) {
    left -= widthOf([valueColumn(name, runs)]);
    if (left < 0) break;
    shown.push(name);
  }
  // At least one, even where it makes the line longer.
  return shown.length === 0 ? names.slice(0, 1) : shown;
}

function widthOf(columns: readonly Column[]): number {
  const widths = columns.map((column) => Math.max(...[column.head, ...column.cells].map(displayWidth)));
  return widths.reduce((sum, width) => sum + width + GAP, 0);
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}

function cut(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${text.slice(0, width - 1)}…`;
}
