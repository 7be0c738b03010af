import { defineCommand } from '../../define-command.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { settledOutputs } from './tracked-outputs.ts';
import { TRANSFER_OPTIONS, VERSIONED_PATHS } from './transfer-options.ts';

export const command = defineCommand({
  path: 'pull',
  summary: 'fetch versioned data from a remote and check it out',
  details: `Fetches what the local store lacks, verifies every object, then makes the workspace match the pointers and
mlo.lock. An interrupted pull continues where it was. Data saved nowhere is never overwritten without --force.`,
  examples: [
    { command: 'git pull && mlo pull', explains: "get a colleague's code and data" },
    { command: 'mlo pull data/flights.parquet', explains: 'only one path' },
  ],
  args: { paths: VERSIONED_PATHS },
  options: {
    ...TRANSFER_OPTIONS,
    force: {
      type: 'boolean',
      short: 'f',
      description: 'give up data of the workspace that is saved nowhere',
    },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { pullData } = await import('#features/data/index.ts');
    return pullData({
      project: context.project(),
      cwd: context.cwd,
      paths: input.paths,
      extra: await settledOutputs(context),
      remote: input.remote,
      jobs: input.jobs,
      force: input.force,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    if (result.upToDate) ui.line(`nothing to fetch from ${result.remote}`);
    else {
      const what = `${formatCount(result.objects, 'object')}, ${formatBytes(result.bytes)}`;
      ui.line(`${ui.theme.good('fetched')} ${what} from ${result.remote}`);
    }
    const changed = result.checkout.items.filter((item) => item.change !== 'unchanged');
    ui.table(changed.map((item) => [ui.theme.good(item.change), ui.path(item.path)]));
    if (changed.length === 0) ui.line('workspace up to date');
  },
});
