import { throwIfAborted } from '#foundation/abort.ts';
import { Limiter } from '#foundation/limiter.ts';
import { makeKubectl, type CollectOutput, type Kubectl } from '#adapters/kubectl/kubectl.ts';
import { runProcess } from '#adapters/process/run-process.ts';
import type { Project } from '#stores/project.ts';
import { objectDifference } from './difference.ts';
import type { ClusterPlan, KubernetesObject, ObjectChange } from './types.ts';

/** Who owns the fields that mlo applies. */
const FIELD_MANAGER = 'mlo';

export interface ClusterOptions {
  readonly project: Project;
  readonly objects: readonly KubernetesObject[];
  /** Entry of the kubeconfig; the current one when undefined. */
  readonly context: string | undefined;
  /** Environment of kubectl and of its authentication plug-ins. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the API server what applying the objects would do; stores nothing there. */
export async function compareWithCluster(options: ClusterOptions): Promise<ClusterPlan> {
  const kubectl = makeKubectl({
    collect: collector(options),
    context: options.context,
    fieldManager: FIELD_MANAGER,
  });
  const server = await kubectl.server();
  throwIfAborted(options.signal);
  if (!server.reachable) return server;
  const changes = await new Limiter(3).map(options.objects, (object) =>
    changeOf(kubectl, object, options.signal),
  );
  return { ...server, changes };
}

async function changeOf(
  kubectl: Kubectl,
  object: KubernetesObject,
  signal: AbortSignal | undefined,
): Promise<ObjectChange> {
  throwIfAborted(signal);
  const { name, namespace } = object.metadata;
  const said = { kind: object.kind, name };
  const live = await kubectl.live({ type: resourceType(object), name, namespace });
  if (!live.ok) return { ...said, change: 'refused', fields: [], reason: live.reason };
  const planned = await kubectl.dryRunApply(object);
  if (!planned.ok) return { ...said, change: 'refused', fields: [], reason: planned.reason };
  if (live.object === undefined) return { ...said, change: 'create', fields: [] };
  const fields = objectDifference(live.object, planned.object);
  return { ...said, change: fields.length === 0 ? 'unchanged' : 'update', fields };
}

/** `Deployment.v1.apps`, `Service.v1.`: names one type of one API group to kubectl. */
function resourceType(object: KubernetesObject): string {
  const [first = '', second] = object.apiVersion.split('/');
  return second === undefined ? `${object.kind}.${first}.` : `${object.kind}.${second}.${first}`;
}

function collector(options: ClusterOptions): CollectOutput {
  return async (command, input) => {
    const written = { stdout: '', stderr: '' };
    const { exitCode } = await runProcess({
      command,
      cwd: options.project.paths.root,
      env: options.env,
      signal: options.signal,
      ...(input === undefined ? {} : { stdin: { text: input } }),
      onOutput: (stream, chunk) => (written[stream] += chunk),
    });
    throwIfAborted(options.signal);
    return { exitCode, ...written };
  };
}
