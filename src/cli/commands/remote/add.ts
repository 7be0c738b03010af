import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'remote add',
  summary: 'name a place where data is shared',
  details: `Writes the remote into .mlo/config.yaml, which is committed. Credentials are never stored: they come from
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or from a profile of ~/.aws. The first remote is the default.`,
  examples: [
    { command: 'mlo remote add origin /mnt/share/ml', explains: 'a folder, also on a network share' },
    {
      command: 'mlo remote add origin s3://ml/flights --endpoint-url http://127.0.0.1:9000',
      explains: 'a bucket on MinIO',
    },
  ],
  args: {
    name: { description: 'name of the remote', required: true },
    url: { description: 'a folder, file:///folder or s3://bucket/prefix', required: true },
  },
  options: {
    endpointUrl: { type: 'string', value: 'url', description: 'server that speaks S3, for MinIO and others' },
    region: { type: 'string', value: 'name', description: 'S3 region' },
    profile: { type: 'string', value: 'name', description: 'profile of ~/.aws/config' },
    default: { type: 'boolean', short: 'd', description: 'make it the default remote' },
    force: { type: 'boolean', short: 'f', description: 'replace a remote of the same name' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { addRemote } = await import('#features/data/index.ts');
    return addRemote({
      project: context.project(),
      cwd: context.cwd,
      name: input.name,
      url: input.url,
      endpointUrl: input.endpointUrl,
      region: input.region,
      profile: input.profile,
      makeDefault: input.default,
      force: input.force,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    ui.line(
      `${ui.theme.good('remote')} ${result.name}  ${result.url}${result.isDefault ? '  (default)' : ''}`,
    );
  },
});
