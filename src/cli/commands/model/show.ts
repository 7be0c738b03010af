import type { ModelDetails, VersionView } from '#features/models/index.ts';
import { shortId } from '#foundation/content-id.ts';
import { defineCommand } from '../../define-command.ts';
import { formatBytes, formatNumber, formatTime } from '../../ui/format.ts';
import type { Ui } from '../../ui/ui.ts';

export const command = defineCommand({
  path: 'model show',
  summary: 'show versions, aliases, metrics, lineage and history of a model',
  examples: [
    { command: 'mlo model show late', explains: 'everything about the model' },
    { command: 'mlo model show late@prod', explains: 'the version that holds an alias' },
    { command: 'mlo model show late/3', explains: 'one version' },
  ],
  args: { ref: { description: 'late, late@prod or late/3', required: true, complete: 'model-ref' } },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { showModel } = await import('#features/models/index.ts');
    return showModel({ project: context.project(), ref: input.ref });
  },
  render: (details, ui) => {
    if (details.selected === undefined) renderVersions(details, ui);
    else renderVersion(details.selected, ui);
    renderFacts(details, ui);
    renderHistory(details, ui);
  },
});

function renderVersions(details: ModelDetails, ui: Ui): void {
  ui.table(
    details.versions.map((version) => [
      version.ref,
      version.aliases.join(', '),
      version.runId?.slice(0, 8) ?? '-',
      version.gitCommit?.slice(0, 8) ?? '-',
      formatBytes(version.size),
      formatTime(version.createdAt),
      version.createdBy,
    ]),
    { head: ['VERSION', 'ALIASES', 'RUN', 'COMMIT', 'SIZE', 'REGISTERED', 'BY'], right: [4] },
  );
}

function renderVersion(version: VersionView, ui: Ui): void {
  ui.line(`${ui.theme.bold(version.ref)}  ${version.aliases.join(', ')}`);
  ui.line(`file        ${version.path} (${formatBytes(version.size)})`);
  ui.line(`content     ${version.id}`);
  ui.line(`registered  ${formatTime(version.createdAt)} by ${version.createdBy}`);
}

function renderFacts(details: ModelDetails, ui: Ui): void {
  const { lineage } = details;
  ui.line();
  ui.line(`run         ${lineage.runId ?? 'not recorded'}`);
  ui.line(`commit      ${lineage.gitCommit ?? 'not recorded'}`);
  for (const input of lineage.inputs) ui.line(`data        ${input.path}  ${shortId(input.id)}`);
  const metrics = details.metrics.map(
    ({ key, value }) => `${key} ${typeof value === 'number' ? formatNumber(value) : value}`,
  );
  if (metrics.length > 0) ui.line(`metrics     ${metrics.join(', ')}`);
  const params = details.params.map(({ key, value }) => `${key}=${value}`);
  if (params.length > 0) ui.line(`params      ${params.join(', ')}`);
  for (const bundle of details.packages) {
    ui.line(
      `package     ${details.name}/${bundle.version}  ${bundle.digest}  ${formatTime(bundle.createdAt)}`,
    );
  }
}

function renderHistory(details: ModelDetails, ui: Ui): void {
  ui.line();
  ui.table(
    details.events.map((event) => [
      formatTime(event.at),
      event.type,
      String(event.version),
      event.alias ?? '',
      event.previousVersion === undefined ? '' : `was ${event.previousVersion}`,
      event.by,
      event.reason,
    ]),
    { head: ['WHEN', 'WHAT', 'VERSION', 'ALIAS', '', 'BY', 'WHY'], right: [2] },
  );
}
