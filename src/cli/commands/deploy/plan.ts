import type { ClusterPlan, DeploymentPlan, FieldChange, ObjectChange } from '#features/deploy/index.ts';
import { defineCommand } from '../../define-command.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Ui } from '../../ui/ui.ts';

export const command = defineCommand({
  path: 'deploy plan',
  summary: 'write the Kubernetes objects of an environment and say what would change',
  details:
    'Reads `environments:` of mlo.yaml, resolves its model to one packaged version and prints the objects as ' +
    'YAML: the same inputs give the same bytes. When kubectl reaches a cluster, its API server is asked what a ' +
    'server-side apply would change; nothing is changed. Exit code 3: the API server would refuse an object.',
  examples: [
    { command: 'mlo deploy plan --env prod', explains: 'YAML, then the plan as comment lines' },
    { command: 'mlo deploy plan --env prod -o k8s/', explains: 'write k8s/prod.yaml and show the plan' },
    {
      command: 'mlo deploy plan --env prod --offline | kubectl apply -f -',
      explains: 'render here, apply by hand',
    },
  ],
  options: {
    env: {
      type: 'string',
      description: 'environment of mlo.yaml; needed when there are several',
      value: 'name',
      complete: 'environment',
    },
    model: {
      type: 'string',
      description: "model to deploy instead of the environment's own, such as late/3",
      value: 'ref',
      complete: 'model-ref',
    },
    output: {
      type: 'string',
      short: 'o',
      description: 'file to write, or a folder for <env>.yaml',
      value: 'path',
      complete: 'path',
    },
    offline: { type: 'boolean', description: 'do not ask a cluster' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { planDeployment } = await import('#features/deploy/index.ts');
    return planDeployment({
      project: context.project(),
      environment: input.env,
      ref: input.model,
      out: input.output === undefined ? undefined : context.resolve(input.output),
      offline: input.offline,
      env: context.env,
      signal: context.signal,
      report: context.report,
    });
  },
  exitCode: (plan) => (refusals(plan.cluster).length > 0 ? EXIT.no : EXIT.ok),
  render: (plan, ui) => {
    // YAML stays YAML: without a file the summary follows it as comments, so the output can be piped on.
    if (plan.file === null) {
      for (const line of plan.yaml.trimEnd().split('\n')) ui.line(line);
      ui.line();
    }
    const say = (line: string): void => ui.line(plan.file === null ? `# ${line}` : line);
    renderSummary(plan, say);
    renderCluster(plan.cluster, say, ui);
    if (plan.file !== null) say(`written: ${plan.file}`);
  },
});

function renderSummary(plan: DeploymentPlan, say: (line: string) => void): void {
  say(`${plan.environment}: ${plan.model}/${plan.version} to namespace ${plan.namespace}`);
  say(`bundle ${plan.bundleDigest}`);
  say(`image  ${plan.image}`);
  if (!plan.cluster.reachable) {
    say(`${plan.objects.length} objects: ${plan.objects.map((object) => object.kind).join(', ')}`);
  }
}

function renderCluster(cluster: ClusterPlan, say: (line: string) => void, ui: Ui): void {
  if (!cluster.reachable) {
    say(`rendered only, not compared with a cluster: ${cluster.reason}`);
    return;
  }
  say(`cluster ${cluster.context} (${cluster.serverVersion}):`);
  for (const change of cluster.changes) {
    say(`  ${mark(change, ui)} ${change.change} ${change.kind}/${change.name}`);
    for (const field of change.fields) say(`      ${describeField(field)}`);
  }
  for (const [reason, kinds] of refusals(cluster)) say(`refused (${kinds.join(', ')}): ${reason}`);
}

function mark(change: ObjectChange, ui: Ui): string {
  switch (change.change) {
    case 'create':
      return ui.theme.good('+');
    case 'update':
      return ui.theme.warn('~');
    case 'refused':
      return ui.theme.bad('!');
    case 'unchanged':
      return '=';
  }
}

function describeField(field: FieldChange): string {
  const show = (value: unknown): string => JSON.stringify(value);
  if (!('before' in field)) return `${field.path}: added ${show(field.after)}`;
  if (!('after' in field)) return `${field.path}: removed ${show(field.before)}`;
  return `${field.path}: ${show(field.before)} -> ${show(field.after)}`;
}

/** A missing namespace refuses every object with the same words: said once. */
function refusals(cluster: ClusterPlan): [string, string[]][] {
  const kinds = new Map<string, string[]>();
  for (const change of cluster.reachable ? cluster.changes : []) {
    if (change.change !== 'refused') continue;
    const reason = change.reason ?? 'no reason given';
    kinds.set(reason, [...(kinds.get(reason) ?? []), change.kind]);
  }
  return [...kinds];
}
