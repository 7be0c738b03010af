import { formatTime } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'model list',
  summary: 'list registered models with their aliases',
  examples: [{ command: 'mlo model list', explains: 'all models' }],
  needs: 'project',
  output: 'document',
  run: async (_input, context) => {
    const { listModels } = await import('#features/models/index.ts');
    return { models: await listModels({ project: context.project() }) };
  },
  render: ({ models }, ui) => {
    if (models.length === 0) {
      ui.line('no models are registered: mlo model register <name> --run @last');
      return;
    }
    ui.table(
      models.map((model) => [
        model.name,
        String(model.versions),
        String(model.latest),
        model.aliases.map(({ alias, version }) => `${alias} -> ${version}`).join(', '),
        formatTime(model.createdAt),
      ]),
      { head: ['MODEL', 'VERSIONS', 'NEWEST', 'ALIASES', 'CREATED'], right: [1, 2] },
    );
  },
});
