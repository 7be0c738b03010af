import { defineCommand } from '../../define-command.ts';
import { renderTrace } from '../../ui/trace-tree.ts';

export const command = defineCommand({
  path: 'trace',
  summary: 'walk from a prediction, package, model, run or dataset to everything behind it',
  details:
    'Every edge is verified on the way: prediction log -> bundle digest -> manifest and checksums -> registry -> run ' +
    '-> inputs -> pointers and mlo.lock at the Git commit -> bytes in the store. The first one whose two ends disagree ' +
    'is an error that names both (exit code 14).',
  examples: [
    { command: 'mlo trace late@prod', explains: 'the run, parameters, commit and data behind a model' },
    { command: 'mlo trace 0190c8e2-…', explains: 'from the X-Mlo-Prediction-Id header of an answer' },
    { command: 'mlo trace data/flights.parquet@HEAD~3', explains: 'which runs and models used this version' },
    { command: 'mlo trace @last --deep', explains: 'hash all content again' },
  ],
  args: {
    subject: {
      description: 'prediction id, late@prod, late/3, run, path, path@revision or sha256:…',
      required: true,
      complete: 'model-ref',
    },
  },
  options: {
    deep: { type: 'boolean', description: 'read and hash all stored content again' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { trace } = await import('#features/lineage/index.ts');
    return trace({
      project: context.project(),
      subject: input.subject,
      cwd: context.cwd,
      deep: input.deep,
      signal: context.signal,
      report: context.report,
    });
  },
  render: renderTrace,
});
