import type { ColumnDrift, DriftReport, ShareChange } from './types.ts';

/** The report as GitHub-flavoured Markdown: one verdict, one table, what was left out and why. */
export function driftMarkdown(report: DriftReport): string {
  const { rows, rule } = report;
  const parts = [
    `# Data drift: ${report.verdict.replaceAll('_', ' ')}`,
    `\`${report.current.label}\` (${count(rows.current)} rows) against \`${report.reference.label}\` (${count(rows.reference)} rows).`,
    `${report.driftedColumns.length} of ${report.columns.length} columns drifted (${percent(report.share)}); the dataset counts as drifted from ${percent(rule.driftShare)}. A column drifts when its score reaches ${rule.threshold} and exceeds its noise floor.`,
    table(report.columns),
  ];
  if (report.skipped.length > 0) {
    parts.push(
      `Not compared: ${report.skipped.map(({ name, reason }) => `${escape(name)} (${reason})`).join(', ')}.`,
    );
  }
  if (report.extraColumns.length > 0) {
    parts.push(`Not in the reference: ${report.extraColumns.map(escape).join(', ')}.`);
  }
  parts.push(
    `Reference profile \`${report.reference.profile}\`, current profile \`${report.current.profile}\`.`,
  );
  return `${parts.join('\n\n')}\n`;
}

function table(columns: readonly ColumnDrift[]): string {
  const lines = columns.map((column) => {
    const cells = [
      escape(column.name),
      column.type,
      column.reasons.length > 0
        ? `**drift**: ${column.reasons.join(', ').replaceAll('_', ' ')}`
        : verdict(column),
      column.method ?? '-',
      number(column.score),
      number(column.noiseFloor),
      number(column.mean?.reference ?? null),
      number(column.mean?.current ?? null),
      shares(column.missing),
      shares(column.newCategories),
      shares(column.outOfRange),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| column | type | verdict | method | score | noise floor | mean before | mean now | missing | new categories | out of range |',
    '|---|---|---|---|--:|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}

function verdict(column: ColumnDrift): string {
  return column.verdict.replaceAll('_', ' ');
}

function shares(change: ShareChange | null): string {
  return change === null ? '-' : `${percent(change.reference)} → ${percent(change.current)}`;
}

function number(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Column names come from files: they must not end a table cell or start markup. */
function escape(text: string): string {
  return text.replace(/[\\`*_|<>[\]#]/g, (mark) => `\\${mark}`).replaceAll(/\s+/g, ' ');
}
