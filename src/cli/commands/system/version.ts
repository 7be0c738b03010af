import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'version',
  summary: 'print the version of mlo, Node and the platform',
  examples: [{ command: 'mlo version --json', explains: 'for bug reports and scripts' }],
  needs: 'none',
  output: 'document',
  run: async (_input, context) => ({
    mlo: context.version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  }),
  render: (result, ui) => ui.line(`mlo ${result.mlo} (node ${result.node}, ${result.platform})`),
});
