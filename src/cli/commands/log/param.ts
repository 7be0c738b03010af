import { MloError } from '#foundation/errors.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'log param',
  summary: 'log a parameter to the current run',
  details: `A param is fixed once logged: another value is a conflict (exit code 13). Inside a command started by
mlo run the run is known; elsewhere name it with --run. Several at once: name=value each.`,
  examples: [
    { command: 'mlo log param lr 0.1', explains: 'one parameter' },
    { command: 'mlo log param lr=0.1 depth=6 --run @last', explains: 'two, to the newest run' },
  ],
  args: { param: { description: 'NAME VALUE, or NAME=VALUE …', required: true, variadic: true } },
  options: {
    run: { type: 'string', value: 'run', complete: 'run', description: 'another run than the current one' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { logParamsToRun } = await import('#features/runs/index.ts');
    return logParamsToRun({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      run: input.run,
      currentRunId: context.env.MLO_RUN_ID,
      params: readPairs(input.param),
    });
  },
  render: (result, ui) => {
    if (ui.verbose) ui.line(`logged to run ${result.name}`);
  },
});

function readPairs(words: readonly string[]): Readonly<Record<string, string>> {
  const [first, second] = words;
  if (words.length === 2 && first !== undefined && second !== undefined && !first.includes('=')) {
    return { [first]: second };
  }
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      throw new MloError('usage', 'MLO_USAGE', `"${word}" is no NAME=VALUE`, {
        hint: 'mlo log param lr 0.1',
      });
    }),
  );
}
