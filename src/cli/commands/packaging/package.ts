import { formatBytes, formatCount } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'package',
  summary: 'build the bundle of a model version: what is served and deployed',
  details: `A bundle holds the model, its signature, an example request with its answer, environment, provenance, the
reference profile for drift, a software bill of materials, a model card and checksums. The digest of its
manifest is its identity; packaging the same version again gives the same digest. The model is loaded and tried:
its outputs must be tensors, the signature must be the graph's, the example must run, and rows answered together
are compared with rows answered alone.`,
  examples: [
    { command: 'mlo package late@prod', explains: "into the project's store, ready for mlo serve" },
    { command: 'mlo package late/3 -o bundle', explains: 'also as a folder' },
  ],
  args: { ref: { description: 'late@prod or late/3', required: true, complete: 'model-ref' } },
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'dir',
      description: 'also write the bundle to this folder',
      complete: 'path',
    },
    engine: {
      type: 'string',
      value: 'engine',
      choices: ['auto', 'native', 'wasm'],
      description: 'ONNX engine the example is answered with [serve.engine]',
    },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { packageModel } = await import('#features/packaging/index.ts');
    const { engineChoice } = await import('#features/serving/index.ts');
    return packageModel({
      project: context.project(),
      ref: input.ref,
      out: input.output === undefined ? undefined : context.resolve(input.output),
      engine: engineChoice(input.engine, context.config()),
      by: await context.user(),
      now: context.now(),
      signal: context.signal,
      report: context.report,
    });
  },
  render: (outcome, ui) => {
    for (const check of outcome.checks) ui.line(`${ui.theme.good('ok')}  ${check.name}: ${check.detail}`);
    ui.line();
    const what = `${outcome.name}/${outcome.version}`;
    ui.line(`${ui.theme.good(what)} ${outcome.existed ? 'was packaged already' : 'packaged'}`);
    ui.line(`digest  ${outcome.digest}`);
    ui.line(`size    ${formatBytes(outcome.size)} in ${formatCount(outcome.files.length, 'file')}`);
    if (outcome.output !== undefined) ui.line(`folder  ${outcome.output}`);
    ui.next([`mlo serve ${outcome.ref}`]);
  },
});
