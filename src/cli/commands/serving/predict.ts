import { formatCount } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';
import { nameList } from '../../name-list.ts';

export const command = defineCommand({
  path: 'predict',
  summary: 'score a file with a packaged model',
  details: `Reads CSV, JSON lines or Parquet, takes the columns the model needs and ignores the rest. The answers are the
same bits "mlo serve" gives with the same engine. Without --output the first rows are shown.`,
  examples: [
    {
      command: 'mlo predict late@prod --input june.parquet --output scored.parquet',
      explains: 'a whole month',
    },
    {
      command: 'mlo predict late/3 --input june.csv --keep flight_id',
      explains: 'a look, with a column kept',
    },
  ],
  args: {
    ref: {
      description: 'late@prod, late/3, a digest or a bundle folder',
      required: true,
      complete: 'model-ref',
    },
  },
  options: {
    input: { type: 'string', short: 'i', value: 'file', description: 'table to score', complete: 'path' },
    output: {
      type: 'string',
      short: 'o',
      value: 'file',
      description: 'where the predictions go: .parquet, .csv or .jsonl',
      complete: 'path',
    },
    keep: { type: 'strings', value: 'columns', description: 'columns of the input to write too: a,b' },
    engine: {
      type: 'string',
      value: 'engine',
      choices: ['auto', 'native', 'wasm'],
      description: 'ONNX engine [serve.engine]',
    },
  },
  needs: 'optional-project',
  output: 'document',
  run: async (input, context) => {
    const { engineChoice, predictWith, requiredInput, serveSource } =
      await import('#features/serving/index.ts');
    const source = serveSource(input.ref, { cwd: context.cwd, project: () => context.project() });
    return predictWith({
      source,
      engine: engineChoice(input.engine, source.kind === 'ref' ? context.config() : undefined),
      nativeDir: context.nativeDir,
      input: context.resolve(requiredInput(input.input)),
      output: input.output === undefined ? undefined : context.resolve(input.output),
      keep: nameList(input.keep),
      signal: context.signal,
      report: context.report,
    });
  },
  render: (outcome, ui) => {
    if (outcome.output === undefined) {
      ui.table(
        outcome.preview.map((row) => row.map((value) => (value === null ? '' : String(value)))),
        { head: outcome.columns },
      );
      if (outcome.rows > outcome.preview.length)
        ui.line(ui.theme.dim(`… ${outcome.preview.length} of ${outcome.rows} rows`));
      return;
    }
    ui.line(`${formatCount(outcome.rows, 'row')} scored with ${outcome.model} -> ${outcome.output}`);
  },
});
