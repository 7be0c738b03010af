import { formatCount } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';
import { settledOutputs } from './tracked-outputs.ts';
import { VERSIONED_PATHS } from './transfer-options.ts';

export const command = defineCommand({
  path: 'checkout',
  summary: 'make the workspace match the pointers and mlo.lock',
  details: `After "git checkout" of another revision: brings data to what its pointers say, and outputs of stages to
what mlo.lock says. Files whose content is saved nowhere are never overwritten or removed without --force.
A checkout that was killed is completed by the next command that changes the workspace.`,
  examples: [
    { command: 'git switch v1 && mlo checkout', explains: 'code and data of v1' },
    { command: 'mlo checkout data/flights.parquet', explains: 'bring back one path' },
  ],
  args: { paths: VERSIONED_PATHS },
  options: {
    force: { type: 'boolean', short: 'f', description: 'give up data that is saved nowhere' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { checkoutPaths } = await import('#features/data/index.ts');
    return checkoutPaths({
      project: context.project(),
      cwd: context.cwd,
      paths: input.paths,
      extra: await settledOutputs(context),
      force: input.force,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    const changed = result.items.filter((item) => item.change !== 'unchanged');
    if (changed.length === 0) {
      ui.line(`${formatCount(result.items.length, 'path')} up to date`);
      return;
    }
    ui.table(changed.map((item) => [ui.theme.good(item.change), ui.path(item.path)]));
    const removed = result.filesRemoved > 0 ? `, ${formatCount(result.filesRemoved, 'file')} removed` : '';
    ui.line(ui.theme.dim(`${formatCount(result.filesWritten, 'file')} written${removed}`));
  },
});
