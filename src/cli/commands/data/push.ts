import { defineCommand } from '../../define-command.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { trackedOutputs } from './tracked-outputs.ts';
import { TRANSFER_OPTIONS, VERSIONED_PATHS } from './transfer-options.ts';

export const command = defineCommand({
  path: 'push',
  summary: 'send versioned data to a remote',
  details: `Sends what the remote lacks of the data behind pointers and of the outputs in mlo.lock. An interrupted push
continues where it was. Nothing on a remote is ever overwritten.`,
  examples: [
    { command: 'mlo push', explains: 'everything, to the default remote' },
    { command: 'mlo push data/flights.parquet --remote backup', explains: 'one path, to another remote' },
  ],
  args: { paths: VERSIONED_PATHS },
  options: TRANSFER_OPTIONS,
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { pushData } = await import('#features/data/index.ts');
    return pushData({
      project: context.project(),
      cwd: context.cwd,
      paths: input.paths,
      extra: await trackedOutputs(context),
      remote: input.remote,
      jobs: input.jobs,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    if (result.upToDate) {
      ui.line(`${result.remote} has everything already (${formatCount(result.items, 'path')})`);
      return;
    }
    const what = `${formatCount(result.objects, 'object')}, ${formatBytes(result.bytes)}`;
    ui.line(`${ui.theme.good('pushed')} ${what} in ${formatCount(result.packs, 'pack')} to ${result.remote}`);
  },
});
