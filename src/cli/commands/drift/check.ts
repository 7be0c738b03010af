import { MloError } from '#foundation/errors.ts';
import type { ColumnDrift, DriftReference, DriftReport } from '#features/profiles/index.ts';
import type { Context } from '../../context.ts';
import { defineCommand } from '../../define-command.ts';
import { EXIT } from '../../exit-codes.ts';
import { nameList } from '../../name-list.ts';
import { formatCount } from '../../ui/format.ts';
import type { Ui } from '../../ui/ui.ts';

export const command = defineCommand({
  path: 'drift check',
  summary: 'compare data with a reference and say whether it drifted',
  details: `Without --model, PATH and --reference are table files (.csv, .jsonl, .parquet) or folders of them; several are
taken together. With --model the reference is the profile in the model's bundle, the columns are the model's
inputs, and without PATH the predictions logged by "mlo serve" are checked.

A column has drifted when its score reaches the threshold and is larger than sampling noise alone explains:
numbers by Wasserstein distance / standard deviation, categories by Jensen-Shannon distance; missing values,
new categories and values out of range are judged on their own. The data has drifted when the share of drifted
columns reaches --share. Exit code 3 when it has; 0 when it has not or when there are too few rows to tell.`,
  examples: [
    {
      command: 'mlo drift check data/may.parquet --reference data/jan.parquet --reference data/feb.parquet',
      explains: 'one month against two',
    },
    {
      command: 'mlo drift check --model late@prod',
      explains: 'what production asked against what it was trained on',
    },
    {
      command: 'mlo drift check new.csv --reference old.csv --share 0 --report drift.md',
      explains: 'any column counts',
    },
  ],
  args: {
    paths: { description: 'data to check', variadic: true, complete: 'path' },
  },
  options: {
    reference: { type: 'strings', value: 'path', description: 'data to compare with', complete: 'path' },
    model: {
      type: 'string',
      value: 'ref',
      description: 'compare with what this model was trained on: late@prod',
      complete: 'model-ref',
    },
    columns: { type: 'strings', value: 'names', description: 'only these columns: a,b' },
    ignore: { type: 'strings', value: 'names', description: 'leave these columns out: a,b' },
    threshold: {
      type: 'number',
      min: 0,
      description: 'effect size from which a column has drifted [drift.threshold]',
    },
    share: {
      type: 'number',
      min: 0,
      max: 1,
      description: 'share of drifted columns from which the data has drifted; 0: any column [drift.share]',
    },
    minRows: {
      type: 'number',
      min: 30,
      integer: true,
      description: 'fewer rows give no answer [drift.min_rows]',
    },
    report: {
      type: 'string',
      value: 'file',
      description: 'write a report as .md or .json',
      complete: 'path',
    },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { checkDrift, checkReportPath, writeDriftReport } = await import('#features/profiles/index.ts');
    if (input.report !== undefined) checkReportPath(input.report);
    const named = nameList(input.columns);
    const compared = await comparison({ ...input, columns: named.length > 0 ? named : undefined }, context);
    const project = context.project();
    const report = await checkDrift({
      project,
      ...compared,
      ignore: nameList(input.ignore),
      threshold: input.threshold,
      minRows: input.minRows,
      share: input.share,
      signal: context.signal,
      report: context.report,
    }).catch(async (error: unknown) => {
      const { fromDamagedSegment } = await import('#features/serving/index.ts');
      throw fromDamagedSegment(error, project);
    });
    if (input.report !== undefined) await writeDriftReport({ path: context.resolve(input.report), report });
    return report;
  },
  render: (report, ui, input) => {
    // Without an answer a table of dashes tells nothing; the warning has said how many rows are needed.
    if (report.verdict !== 'insufficient_data' || ui.verbose) renderColumns(report, ui);
    ui.line(verdictLine(report, ui));
    if (input.report !== undefined) ui.line(`report written to ${input.report}`);
  },
  exitCode: (report) => (report.verdict === 'drift' ? EXIT.no : EXIT.ok),
});

interface Compared {
  readonly current: readonly ReturnType<Context['resolve']>[];
  readonly reference: DriftReference;
  readonly columns: readonly string[] | undefined;
  readonly sharedOnly: boolean;
  /** Where the data is no file the caller named. */
  readonly label?: string;
}

interface Asked {
  readonly paths: readonly string[];
  readonly reference: readonly string[];
  readonly model: string | undefined;
  readonly columns: readonly string[] | undefined;
}

/** What is held against what. */
async function comparison(asked: Asked, context: Context): Promise<Compared> {
  const current = asked.paths.map((path) => context.resolve(path));
  const { model, columns } = asked;
  if ((model === undefined) === (asked.reference.length === 0)) {
    throw new MloError(
      'usage',
      'MLO_NO_REFERENCE',
      'name what to compare with: --reference PATH or --model REF, one of them',
      {
        hint: 'mlo drift check data/may.parquet --reference data/april.parquet',
      },
    );
  }
  if (model === undefined) {
    if (current.length === 0) {
      throw new MloError('usage', 'MLO_NO_DATA', 'name the data to check', {
        hint: `mlo drift check PATH --reference ${asked.reference.join(' --reference ')}`,
      });
    }
    const reference = { paths: asked.reference.map((path) => context.resolve(path)) };
    return { current, reference, columns, sharedOnly: false };
  }
  return modelComparison({ model, columns, current }, context);
}

async function modelComparison(
  asked: Pick<Compared, 'current' | 'columns'> & { readonly model: string },
  context: Context,
): Promise<Compared> {
  const project = context.project();
  const { openBundle, referenceProfile } = await import('#features/packaging/index.ts');
  const { profile, name, version } = await referenceProfile({ project, ref: asked.model });
  const reference = { profile, label: labelOf(asked.model, `${name}/${version}`) };
  const { signature } = await openBundle({ project, ref: asked.model });
  const known = new Set(profile.columns.map((column) => column.name));
  const inputs = signature.columns.map((column) => column.name).filter((column) => known.has(column));
  const columns = asked.columns ?? (inputs.length > 0 ? inputs : undefined);
  const sharedOnly = columns === undefined;
  if (asked.current.length > 0) return { current: asked.current, reference, columns, sharedOnly };
  const { predictionTables } = await import('#features/serving/index.ts');
  const current = await predictionTables({ project, model: name, report: context.report });
  const label = `logged predictions of ${name}`;
  if (current.length > 0) return { current, reference, columns, sharedOnly, label };
  throw new MloError('not-found', 'MLO_NO_PREDICTIONS', `no predictions of ${name} are logged`, {
    hint: `mlo serve ${asked.model}, or name the data: mlo drift check PATH --model ${asked.model}`,
  });
}

/** `late@prod (late/3)`; a reference that is a version already stands alone. */
function labelOf(ref: string, version: string): string {
  return ref === version ? ref : `${ref} (${version})`;
}

function renderColumns(report: DriftReport, ui: Ui): void {
  const { theme } = ui;
  ui.table(
    report.columns.map((column) => [
      column.name,
      column.type,
      column.method ?? '-',
      number(column.score),
      number(column.noiseFloor),
      means(column),
      verdictCell(column, ui),
    ]),
    { head: ['COLUMN', 'TYPE', 'METHOD', 'SCORE', 'NOISE', 'MEAN', 'VERDICT'], right: [3, 4] },
  );
  for (const { name, reason } of report.skipped) ui.line(theme.dim(`${name}: not compared, ${reason}`));
  if (report.extraColumns.length > 0) {
    ui.line(theme.dim(`not in the reference: ${report.extraColumns.join(', ')}`));
  }
  ui.line();
}

function verdictCell(column: ColumnDrift, ui: Ui): string {
  if (column.verdict === 'drift') return ui.theme.bad(`drift: ${column.reasons.map(words).join(', ')}`);
  return column.verdict === 'no_drift' ? ui.theme.good('no drift') : ui.theme.warn('insufficient data');
}

function verdictLine(report: DriftReport, ui: Ui): string {
  const { rows, rule, current, reference } = report;
  const sides = `${current.label} (${formatCount(rows.current, 'row')}) against ${reference.label} (${formatCount(rows.reference, 'row')})`;
  if (report.verdict === 'insufficient_data') return `${ui.theme.warn('insufficient data')}: ${sides}`;
  const answered = report.columns.filter((column) => column.verdict !== 'insufficient_data').length;
  const counts = `${report.driftedColumns.length} of ${answered} columns drifted`;
  const from = rule.driftShare === 0 ? 'any one counts' : `it takes ${Math.round(rule.driftShare * 100)} %`;
  const verdict = report.verdict === 'drift' ? ui.theme.bad('drift') : ui.theme.good('no drift');
  return `${verdict}: ${counts} (${from}); ${sides}`;
}

function means(column: ColumnDrift): string {
  if (column.mean === null) return '';
  return `${number(column.mean.reference)} → ${number(column.mean.current)}`;
}

function number(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(3)));
}

function words(reason: string): string {
  return reason.replaceAll('_', ' ');
}
