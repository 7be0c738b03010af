import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'remote list',
  summary: 'list the remotes',
  examples: [{ command: 'mlo remote list', explains: 'names and addresses' }],
  needs: 'project',
  output: 'document',
  run: async (_input, context) => {
    const { listRemotes } = await import('#features/data/index.ts');
    return { remotes: await listRemotes({ project: context.project() }) };
  },
  render: ({ remotes }, ui) => {
    if (remotes.length === 0) ui.line('no remotes: mlo remote add origin <url>');
    ui.table(
      remotes.map((remote) => [
        remote.name,
        remote.url,
        remote.endpointUrl ?? '',
        remote.isDefault ? ui.theme.dim('default') : '',
      ]),
    );
  },
});
