/**
 * Every configuration key, once. Parsing, `--help`, docs/reference/configuration.md and the JSON Schema of
 * `.mlo/config.yaml` come from this table.
 */
interface DefinitionBase {
  readonly description: string;
  readonly env: `MLO_${string}`;
}

export type ConfigDefinition = DefinitionBase &
  (
    | { readonly type: 'string'; readonly default: string }
    | { readonly type: 'number'; readonly default: number; readonly min: number }
    | { readonly type: 'boolean'; readonly default: boolean }
    | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string }
  );

export const CONFIG = {
  'core.remote': {
    type: 'string',
    default: '',
    env: 'MLO_REMOTE',
    description: 'Remote that push and pull use when none is named; empty: the only one there is.',
  },
  'core.jobs': {
    type: 'number',
    default: 0,
    min: 0,
    env: 'MLO_JOBS',
    description: 'Transfers and stages at once; 0: 8 transfers, 1 stage.',
  },
  'core.lock_timeout': {
    type: 'number',
    default: -1,
    min: -1,
    env: 'MLO_LOCK_TIMEOUT',
    description: 'Seconds to wait for another mlo; 0 fails at once, -1 waits without end.',
  },
  'cache.link': {
    type: 'choice',
    choices: ['reflink', 'copy'],
    default: 'reflink',
    env: 'MLO_CACHE_LINK',
    description: 'How checkout places files: reflink where the file system can, else copy.',
  },
  'run.heartbeat': {
    type: 'number',
    default: 5,
    min: 1,
    env: 'MLO_RUN_HEARTBEAT',
    description: 'Seconds between the signs of life of a run; after six missed ones it counts as killed.',
  },
  'serve.engine': {
    type: 'choice',
    choices: ['auto', 'native', 'wasm'],
    default: 'auto',
    env: 'MLO_ENGINE',
    description: 'ONNX engine: native when it loads, else WebAssembly.',
  },
  'drift.min_rows': {
    type: 'number',
    default: 100,
    min: 30,
    env: 'MLO_DRIFT_MIN_ROWS',
    description: 'Below this many rows the answer is "insufficient data".',
  },
  'drift.threshold': {
    type: 'number',
    default: 0.1,
    min: 0,
    env: 'MLO_DRIFT_THRESHOLD',
    description: 'Effect size from which a column counts as drifted.',
  },
  'drift.share': {
    type: 'number',
    default: 0.5,
    min: 0,
    env: 'MLO_DRIFT_SHARE',
    description: 'Share of drifted columns from which the dataset counts as drifted.',
  },
} as const satisfies Record<string, ConfigDefinition>;

export type ConfigKey = keyof typeof CONFIG;

export type ConfigValue<K extends ConfigKey> = (typeof CONFIG)[K] extends { type: 'number' }
  ? number
  : (typeof CONFIG)[K] extends { type: 'boolean' }
    ? boolean
    : (typeof CONFIG)[K] extends { type: 'choice'; choices: readonly (infer C)[] }
      ? C
      : string;

/** Keys of one remote, under `remotes.<name>`. Credentials are never among them. */
export const REMOTE_KEYS = {
  url: 'Where the bytes lie: a folder, file:///folder, s3://bucket/prefix.',
  endpoint_url: 'S3-compatible server, for MinIO and others: http://127.0.0.1:9000.',
  region: 'S3 region.',
  profile: 'Profile of ~/.aws/config and ~/.aws/credentials.',
} as const;

export type RemoteKey = keyof typeof REMOTE_KEYS;
export type RemoteConfig = { readonly url: string } & { readonly [K in RemoteKey]?: string };
