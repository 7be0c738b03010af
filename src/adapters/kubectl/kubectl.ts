import { messageOf } from '#foundation/errors.ts';

/** Runs one program to its end and collects what it wrote. Throws when it cannot be started. */
export type CollectOutput = (
  argv: readonly string[],
  input?: string,
) => Promise<{
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}>;

export type ServerAnswer =
  | { readonly reachable: true; readonly context: string; readonly serverVersion: string }
  | { readonly reachable: false; readonly reason: string };

/** An object as the API server sees it (undefined: there is none), or why it refuses. */
export type ObjectAnswer =
  | { readonly ok: true; readonly object: unknown }
  | { readonly ok: false; readonly reason: string };

export interface ObjectRef {
  /** `Deployment.v1.apps`: kind, version, group; the core group is empty. */
  readonly type: string;
  readonly name: string;
  readonly namespace: string;
}

/** Questions to a cluster through kubectl, which brings every authentication plug-in. Nothing is changed. */
export interface Kubectl {
  server(): Promise<ServerAnswer>;
  /** The object as it is now. */
  live(ref: ObjectRef): Promise<ObjectAnswer>;
  /** Server-side apply of one object, checked strictly, without storing the result. */
  dryRunApply(object: unknown): Promise<ObjectAnswer>;
}

export interface KubectlOptions {
  readonly collect: CollectOutput;
  /** Entry of the kubeconfig; the current one when undefined. */
  readonly context: string | undefined;
  readonly fieldManager: string;
}

const REQUEST_TIMEOUT = '--request-timeout=10s';

export function makeKubectl(options: KubectlOptions): Kubectl {
  const selected = options.context === undefined ? [] : [`--context=${options.context}`];
  const call = (args: readonly string[], input?: string): ReturnType<CollectOutput> =>
    options.collect(['kubectl', ...selected, REQUEST_TIMEOUT, ...args], input);
  const kubectl = (...args: string[]): ReturnType<CollectOutput> => call(args);
  return {
    server: async () => {
      try {
        const context = options.context ?? (await kubectl('config', 'current-context')).stdout.trim();
        const answer = await kubectl('version', '--output=json');
        const serverVersion = serverVersionOf(answer.stdout);
        if (answer.exitCode === 0 && serverVersion !== undefined)
          return { reachable: true, context: context || 'in-cluster', serverVersion };
        const reason = context === '' ? 'kubectl has no current context' : firstProblem(answer.stderr);
        return { reachable: false, reason };
      } catch (error) {
        return { reachable: false, reason: messageOf(error) };
      }
    },
    live: async (ref) => {
      const answer = await kubectl(
        'get',
        ref.type,
        ref.name,
        `--namespace=${ref.namespace}`,
        '--ignore-not-found',
        '--output=json',
      );
      return objectAnswer(answer);
    },
    dryRunApply: async (object) => {
      const flags = ['--server-side', '--dry-run=server', `--field-manager=${options.fieldManager}`];
      const answer = await call(
        ['apply', ...flags, '--validate=strict', '--output=json', '--filename=-'],
        JSON.stringify(object),
      );
      return objectAnswer(answer);
    },
  };
}

function objectAnswer(answer: Awaited<ReturnType<CollectOutput>>): ObjectAnswer {
  if (answer.exitCode !== 0) return { ok: false, reason: firstProblem(answer.stderr) };
  return { ok: true, object: answer.stdout.trim() === '' ? undefined : JSON.parse(answer.stdout) };
}

function serverVersionOf(stdout: string): string | undefined {
  try {
    const parsed = JSON.parse(stdout) as { serverVersion?: { gitVersion?: unknown } };
    const version = parsed.serverVersion?.gitVersion;
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** kubectl repeats itself in log lines (`E1122 …`) before it says what is wrong. */
function firstProblem(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[EWI]\d{4} /.test(line) && !line.startsWith('Warning:'));
  const text = lines.join(' ').replace(/^error: /i, '');
  return text === '' ? 'kubectl gave no reason' : text.slice(0, 1000);
}
