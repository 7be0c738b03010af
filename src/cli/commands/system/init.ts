import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'init',
  summary: 'make a project of a folder in a Git repository',
  details: `Creates .mlo/ with the project's configuration (committed) and a .gitignore for everything else in it.
Running it again is harmless. A template adds a working project; files of yours are never replaced without
--force.

To check data out with every "git checkout", put these two lines in .git/hooks/post-checkout and make the
file executable:
  #!/bin/sh
  mlo checkout --quiet`,
  examples: [
    { command: 'git init && mlo init', explains: 'start a project here' },
    {
      command: 'mlo init --template flights',
      explains: 'start from a working example: real flight data, a pipeline, a model with gates',
    },
  ],
  args: { dir: { description: 'folder of the project; default: the current one', complete: 'path' } },
  options: {
    template: {
      type: 'string',
      value: 'name',
      choices: ['flights', 'python'],
      description: 'start from an example project',
    },
    install: { type: 'boolean', default: true, description: "do not install the template's npm packages" },
    force: { type: 'boolean', short: 'f', description: "replace files that differ from the template's" },
  },
  needs: 'none',
  output: 'document',
  run: async (input, context) => {
    const { initProject } = await import('#features/setup/index.ts');
    return initProject({
      dir: context.resolve(input.dir ?? '.'),
      template: input.template as 'flights' | 'python' | undefined,
      packageDir: context.packageDir,
      install: input.install,
      force: input.force,
      env: context.env,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    const { theme } = ui;
    const said = result.state === 'created' ? 'project created in' : 'already a project:';
    ui.line(`${theme.good(said)} ${result.root}`);
    for (const file of result.files) ui.line(`  ${file}`);
    ui.next(result.next);
  },
});
