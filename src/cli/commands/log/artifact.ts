import { shortId } from '#foundation/content-id.ts';
import { defineCommand } from '../../define-command.ts';
import { formatBytes } from '../../ui/format.ts';

export const command = defineCommand({
  path: 'log artifact',
  summary: 'store a file or folder and add it to the current run',
  details: `The same content logged by many runs is stored once. Inside a command started by mlo run the run is
known; elsewhere name it with --run.`,
  examples: [
    { command: 'mlo log artifact plots/roc.png', explains: 'a file' },
    { command: 'mlo log artifact out --as report --run @last', explains: 'a folder under another name' },
  ],
  args: { path: { description: 'file or folder', required: true, complete: 'path' } },
  options: {
    as: { type: 'string', value: 'name', description: 'path among the artifacts of the run' },
    run: { type: 'string', value: 'run', complete: 'run', description: 'another run than the current one' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { logArtifactToRun } = await import('#features/runs/index.ts');
    return logArtifactToRun({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      run: input.run,
      currentRunId: context.env.MLO_RUN_ID,
      path: context.resolve(input.path),
      as: input.as,
    });
  },
  render: ({ file, name }, ui) => {
    if (ui.verbose)
      ui.line(`${file.path} (${formatBytes(file.size)}, ${shortId(file.id)}) logged to run ${name}`);
  },
});
