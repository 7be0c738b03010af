import { describe, expect, it } from 'vitest';
import { makeKubectl, type CollectOutput } from '#adapters/kubectl/kubectl.ts';
import { MloError } from '#foundation/errors.ts';

/** Answers by the words of the command; the real kubectl is asked in test/slow/kubernetes.test.ts. */
function kubectl(
  answer: (args: string) => { exitCode?: number; stdout?: string; stderr?: string },
  context?: string,
): { readonly asked: string[]; readonly kubectl: ReturnType<typeof makeKubectl> } {
  const asked: string[] = [];
  const collect: CollectOutput = async (argv, input) => {
    const args = argv.join(' ') + (input === undefined ? '' : ` < ${input}`);
    asked.push(args);
    return { exitCode: 0, stdout: '', stderr: '', ...answer(args) };
  };
  return { asked, kubectl: makeKubectl({ collect, context, fieldManager: 'mlo' }) };
}

describe('kubectl', () => {
  it('tells the server, its version and the context', async () => {
    const { kubectl: client, asked } = kubectl((args) =>
      args.includes('current-context')
        ? { stdout: 'kind\n' }
        : { stdout: '{"serverVersion": {"gitVersion": "v1.34.3"}}' },
    );
    expect(await client.server()).toEqual({ reachable: true, context: 'kind', serverVersion: 'v1.34.3' });
    expect(asked.every((args) => args.includes('--request-timeout='))).toBe(true);
  });

  it('is not reachable without a context, without an answer, without kubectl', async () => {
    const refused = {
      exitCode: 1,
      stdout: '{"clientVersion": {}}',
      stderr: 'E1122 noise\nThe connection was refused\n',
    };
    expect(await kubectl(() => refused).kubectl.server()).toEqual({
      reachable: false,
      reason: 'The connection was refused',
    });
    const noContext = kubectl((args) => (args.includes('current-context') ? { exitCode: 1 } : refused));
    expect(await noContext.kubectl.server()).toEqual({
      reachable: false,
      reason: 'kubectl has no current context',
    });
    const missing = makeKubectl({
      collect: () =>
        Promise.reject(new MloError('child', 'MLO_COMMAND_NOT_FOUND', 'command not found: kubectl')),
      context: undefined,
      fieldManager: 'mlo',
    });
    expect(await missing.server()).toEqual({ reachable: false, reason: 'command not found: kubectl' });
  });

  it('asks the context of the environment', async () => {
    const { kubectl: client, asked } = kubectl(() => ({ stdout: '{}' }), 'prod-cluster');
    await client.live({ type: 'Service.v1.', name: 'late', namespace: 'ml' });
    expect(asked[0]).toBe(
      'kubectl --context=prod-cluster --request-timeout=10s get Service.v1. late --namespace=ml --ignore-not-found --output=json',
    );
  });

  it('tells a missing object from one that may not be seen', async () => {
    const ref = { type: 'Service.v1.', name: 'late', namespace: 'ml' };
    expect(await kubectl(() => ({})).kubectl.live(ref)).toEqual({ ok: true, object: undefined });
    expect(
      await kubectl(() => ({ exitCode: 1, stderr: 'Error from server (Forbidden): no\n' })).kubectl.live(ref),
    ).toEqual({
      ok: false,
      reason: 'Error from server (Forbidden): no',
    });
  });

  it('never applies anything but a server-side dry run', async () => {
    const { kubectl: client, asked } = kubectl(() => ({ stdout: '{"kind": "Service"}' }));
    expect(await client.dryRunApply({ kind: 'Service' })).toEqual({ ok: true, object: { kind: 'Service' } });
    expect(asked[0]).toMatch(
      /apply --server-side --dry-run=server --field-manager=mlo .* < \{"kind":"Service"\}$/,
    );
  });
});
