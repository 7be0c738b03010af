import { MloError } from '#foundation/errors.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'log metric',
  summary: 'log a metric to the current run',
  details: `Inside a command started by mlo run (or a stage of mlo repro) the run is known; elsewhere name it with
--run. Several at once: name=value each.`,
  examples: [
    { command: 'mlo log metric loss 0.31 --step 4', explains: 'one value of a series' },
    { command: 'mlo log metric loss=0.31 auc=0.77 --step 4', explains: 'two at once' },
  ],
  args: {
    metric: {
      description: 'NAME VALUE, or NAME=VALUE …',
      required: true,
      variadic: true,
      complete: 'metric',
    },
  },
  options: {
    step: { type: 'number', integer: true, default: 0, description: 'place in the series' },
    run: { type: 'string', value: 'run', complete: 'run', description: 'another run than the current one' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { logMetricsToRun } = await import('#features/runs/index.ts');
    return logMetricsToRun({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      run: input.run,
      currentRunId: context.env.MLO_RUN_ID,
      metrics: readPairs(input.metric).map(([key, text]) => ({
        key,
        value: toNumber(key, text),
        step: input.step,
      })),
    });
  },
  render: (result, ui) => {
    // It is called from inside scripts, often: it says nothing unless asked.
    if (ui.verbose) ui.line(`logged to run ${result.name}`);
  },
});

function readPairs(words: readonly string[]): readonly (readonly [string, string])[] {
  const [first, second] = words;
  if (words.length === 2 && first !== undefined && second !== undefined && !first.includes('=')) {
    return [[first, second]];
  }
  return words.map((word) => {
    const at = word.lastIndexOf('=');
    if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
    throw new MloError('usage', 'MLO_USAGE', `"${word}" is no NAME=VALUE`, {
      hint: 'mlo log metric loss 0.31 --step 4',
    });
  });
}

const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Infinity,
  infinity: Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
};

function toNumber(key: string, text: string): number {
  const number = WORDS[text.trim().toLowerCase()] ?? (text.trim() === '' ? undefined : Number(text));
  if (number !== undefined && (!Number.isNaN(number) || text.trim().toLowerCase() === 'nan')) return number;
  throw new MloError('usage', 'MLO_USAGE', `the value of metric "${key}" is no number: "${text}"`);
}
