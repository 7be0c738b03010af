import { z } from 'zod';
import type { ProjectFile } from './mlo-yaml.ts';
import { didYouMean } from './shape.ts';
import { yamlError } from './yaml.ts';

/**
 * The `environments:` map of mlo.yaml: where a model is deployed to and with what. Everything but the target
 * has a default or is needed only when a deployment is planned, so an unfinished environment does not stop the
 * commands that have nothing to do with it.
 */
const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and "-" are allowed, up to 63');

/** A Service's name must start with a letter (RFC 1035), every other object allows what it allows. */
const serviceName = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a letter, then lower-case letters, digits and "-", up to 63');

const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(
    (text) => /^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/.test(text) && !/^[0.]+[a-zA-Z]*$/.test(text),
    {
      message: 'a Kubernetes quantity above zero is expected, such as 500m, 2 or 512Mi',
    },
  );

const replicaCount = z.number().int().min(1).max(1000);

const replicas = z
  .union(
    [
      replicaCount.transform((count) => ({ min: count, max: count })),
      z.strictObject({ min: replicaCount, max: replicaCount }),
    ],
    { error: 'a whole number from 1, or {min: …, max: …}, is expected' },
  )
  .refine((range) => range.min <= range.max, 'min must not be above max');

/** What stands in braces in `image` and is filled in when a deployment is planned. */
const IMAGE_VARIABLE = /\{(?:model|version|digest)\}/g;

/** registry:port/path/name:tag@digest, as the OCI distribution specification allows. */
const IMAGE =
  /^(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::[0-9]+)?\/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

const image = z.string().refine((text) => IMAGE.test(text.replaceAll(IMAGE_VARIABLE, 'x')), {
  message:
    'an image reference such as registry.example.org/ml/late:{version} is expected; {model}, {version} and {digest} are filled in',
});

/** The descriptions are the editor's help: they end in the JSON schema of mlo.yaml. */
const kubernetesEnvironment = z.strictObject({
  target: z.literal('kubernetes').describe('Where to: kubernetes.'),
  context: z.string().min(1).optional().describe("Entry of the kubeconfig. Default: kubectl's current one."),
  namespace: dnsLabel.default('default').describe('Namespace of all objects.'),
  name: serviceName.optional().describe("Name of the objects. Default: the model's name."),
  model: z
    .string()
    .min(1)
    .optional()
    .describe('late@prod or late/3; needed when the project declares several models.'),
  image: image
    .optional()
    .describe(
      "Holds mlo and the bundle. {model}, {version} and {digest} (12 hex digits of the bundle's) are filled in.",
    ),
  image_pull_secrets: z.array(dnsLabel).default([]).describe('Secrets the image is pulled with.'),
  replicas: replicas.prefault(2).describe('A number of pods, or {min, max} for an autoscaler.'),
  cpu_target: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(70)
    .describe('Percent of the requested CPU the autoscaler aims at, when max is above min.'),
  resources: z
    .strictObject({
      cpu: quantity.default('500m').describe('CPU request.'),
      cpu_limit: quantity
        .optional()
        .describe(
          'No limit by default: throttling costs latency and protects nobody when requests are right.',
        ),
      memory: quantity.default('512Mi').describe('Memory request and limit: memory cannot be taken back.'),
    })
    .prefault({})
    .describe('What one pod is given.'),
  port: z
    .number()
    .int()
    .min(1024)
    .max(65_535)
    .default(8080)
    .describe("The container's port; the Service listens on 80."),
  allow_from: z
    .array(dnsLabel)
    .min(1)
    .optional()
    .describe('Namespaces whose pods may call the model; without it every pod of the cluster.'),
  service_monitor: z
    .union([z.boolean().transform((wanted) => (wanted ? { labels: {} } : undefined)), serviceMonitor()])
    .optional()
    .describe("A Prometheus operator's ServiceMonitor, with the labels its selector wants."),
});

function serviceMonitor(): z.ZodType<{ labels: Record<string, string> }> {
  return z.strictObject({ labels: z.record(z.string(), z.string()).default({}) });
}

/** `image` with the variables replaced by what is deployed. */
export function fillImage(
  template: string,
  values: { readonly model: string; readonly version: number; readonly digest: string },
): string {
  return template.replaceAll(IMAGE_VARIABLE, (variable) =>
    String(values[variable.slice(1, -1) as 'model' | 'version' | 'digest']),
  );
}

export const environmentsSchema = z.record(
  dnsLabel,
  z.discriminatedUnion('target', [kubernetesEnvironment], {
    error: '"target: kubernetes" is expected',
  }),
);

export type KubernetesEnvironment = z.infer<typeof kubernetesEnvironment>;
export type Environments = z.infer<typeof environmentsSchema>;

/** The environments of a project, defaults filled in. Throws a config error with line and column. */
export function readEnvironments(file: ProjectFile): Environments {
  const parsed = environmentsSchema.safeParse(file.environments);
  if (parsed.success) return parsed.data;
  throw environmentError(file, parsed.error);
}

function environmentError(file: ProjectFile, error: z.ZodError): Error {
  const [issue] = error.issues;
  const path = ['environments', ...(issue?.path ?? []).map(String)];
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = knownKeys(path);
    const near = didYouMean(key, known);
    return yamlError(
      file.whereKey([...path, key]),
      `${path.join('.')}: unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      `known keys: ${known.join(', ')}`,
    );
  }
  if (issue?.code === 'invalid_key') {
    return yamlError(file.whereKey(path), `${path.join('.')}: ${issue.issues[0]?.message ?? issue.message}`);
  }
  return yamlError(file.where(path), `${path.join('.')}: ${issue?.message ?? 'cannot be read'}`);
}

function knownKeys(path: readonly string[]): string[] {
  const { shape } = kubernetesEnvironment;
  switch (path[2]) {
    case undefined:
      return Object.keys(shape);
    case 'resources':
      return ['cpu', 'cpu_limit', 'memory'];
    case 'replicas':
      return ['min', 'max'];
    default:
      return ['labels'];
  }
}
