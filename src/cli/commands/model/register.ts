import { formatBytes } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'model register',
  summary: 'add a version of a model to the registry',
  details: `With --run the content is what that run recorded under the path, whatever the workspace holds now; metrics,
parameters, data versions and commit come with it. Without --run the workspace file is stored and no run stands
behind the version. The alias "candidate" moves to the new version.`,
  examples: [
    {
      command: 'mlo model register late --run @last',
      explains: 'the model the last run made, at models.late.path of mlo.yaml',
    },
    { command: 'mlo model register late --run @last --path models/late.onnx', explains: 'another path' },
    { command: 'mlo model register late --path late.onnx', explains: 'a file made elsewhere' },
  ],
  args: { name: { description: 'name of the model', required: true, complete: 'model' } },
  options: {
    run: {
      type: 'string',
      value: 'run',
      description: 'run that made it: @last, an id, a name',
      complete: 'run',
    },
    path: {
      type: 'string',
      value: 'path',
      description: 'the model file [models.<name>.path of mlo.yaml]',
      complete: 'path',
    },
    description: { type: 'string', value: 'text', description: 'what is special about this version' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { registerModel } = await import('#features/models/index.ts');
    return registerModel({
      project: context.project(),
      name: input.name,
      run: input.run,
      path: input.path,
      description: input.description,
      cwd: context.cwd,
      by: await context.user(),
      now: context.now(),
      signal: context.signal,
      report: context.report,
    });
  },
  render: ({ model, note }, ui) => {
    ui.line(`${ui.theme.good(model.ref)} registered (${model.path}, ${formatBytes(model.size)})`);
    if (model.runId !== undefined) ui.line(`run      ${model.runId}`);
    if (model.gitCommit !== undefined) ui.line(`commit   ${model.gitCommit.slice(0, 12)}`);
    ui.line(`content  ${model.id}`);
    ui.line(`aliases  ${model.aliases.join(', ')}`);
    if (note !== undefined) ui.line(ui.theme.warn(note));
  },
});
