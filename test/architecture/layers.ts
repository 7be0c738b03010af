/** The architecture of docs/design/architecture.md as data. Change it there and here together. */

/** A room is a folder whose files belong together; other rooms meet it through its door. */
export interface Room {
  /** 'foundation', 'stores/cas', 'features/runs'. */
  readonly name: string;
  readonly rank: number;
}

const RANKS: Readonly<Record<string, number>> = {
  foundation: 0,
  formats: 1,
  stores: 2,
  adapters: 2,
  features: 3,
  cli: 4,
  server: 4,
};

/** Top folders whose sub-folders are rooms of their own. */
const SPLIT = new Set(['stores', 'adapters', 'features']);

/** The room of `src/<top>/…`; undefined for a file the architecture does not know. */
export function roomOf(path: string): Room | undefined {
  const [src, top = '', second = '', third] = path.split('/');
  const rank = RANKS[top];
  if (src !== 'src' || rank === undefined) return undefined;
  if (!SPLIT.has(top)) return { name: top, rank };
  // src/stores/project.ts opens every store: a room made of one file.
  if (third === undefined) return { name: `${top}/${second.replace(/[-.].*$/, '')}`, rank };
  return { name: `${top}/${second}`, rank };
}

/** What a feature may use of other features, always through their index.ts. */
export const FEATURE_GRAPH: Readonly<Record<string, readonly string[] | 'any'>> = {
  data: [],
  setup: [],
  profiles: ['data'],
  runs: ['data'],
  pipelines: ['data', 'runs', 'profiles'],
  models: ['data', 'runs', 'profiles'],
  packaging: ['data', 'runs', 'models', 'profiles'],
  serving: ['models', 'packaging', 'profiles'],
  deploy: ['models', 'packaging', 'serving', 'profiles'],
  tune: ['pipelines', 'runs'],
  'feature-store': ['data', 'profiles'],
  ingest: ['data', 'profiles'],
  monitor: 'any',
  lineage: 'any',
  migrate: 'any',
  ci: 'any',
};

/** Edges between rooms of one rank, besides those between features. */
export function sidewaysAllowed(from: string, to: string): boolean {
  if (from === 'stores/cas' && to === 'stores/objects') return true;
  if (from === 'stores/project' && to.startsWith('stores/')) return true;
  // Commands start servers; servers never know the command line.
  return from === 'cli' && to === 'server';
}

/** Owner of each third-party package: a folder or a file. Packages not listed belong to nobody yet. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/*': ['src/stores/objects/'],
  '@smithy/*': ['src/stores/objects/'],
  libsql: ['src/stores/database/'],
  'better-sqlite3': ['src/stores/database/'],
  'simple-git': ['src/adapters/git/'],
  execa: ['src/adapters/process/'],
  chalk: ['src/cli/ui/'],
  ora: ['src/cli/ui/'],
  'cli-table3': ['src/cli/ui/'],
  '@inquirer/*': ['src/cli/ui/'],
  commander: ['src/cli/program.ts'],
  'onnxruntime-node': ['src/adapters/onnx/'],
  'onnxruntime-web': ['src/adapters/onnx/'],
  'onnxruntime-common': ['src/adapters/onnx/'],
  hyparquet: ['src/adapters/tables/'],
  'hyparquet-compressors': ['src/adapters/tables/'],
  'hyparquet-writer': ['src/adapters/tables/'],
  yaml: ['src/formats/'],
  zod: ['src/formats/', 'src/server/'],
};

/** Packages the entry may reach without `import()`: all others are too slow to load for `mlo --version`. */
export const EAGER_PACKAGES: readonly string[] = ['commander', 'chalk'];

export const ENTRY = 'src/cli/process.ts';

/** Where the process may be touched: everything else is handed what it needs. */
export const PROCESS_PLACES: readonly string[] = ['src/cli/process.ts', 'src/cli/ui/'];

/** A single member that one folder needs besides, and why. */
export const PROCESS_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // Ends the user's command when mlo itself is ended.
  'src/adapters/process/': ['process.once'],
};

/** Members of `process` (and `console`) that only PROCESS_PLACES may use. `chdir` is allowed nowhere. */
export const PROCESS_MEMBERS: ReadonlySet<string> = new Set([
  'env',
  'cwd',
  'chdir',
  'exit',
  'exitCode',
  'argv',
  'stdin',
  'stdout',
  'stderr',
  'on',
  'once',
  '{…}',
]);

export const CHILD_PROCESS_PLACES: readonly string[] = ['src/adapters/process/'];

/** Who may change files, and why. */
export const FILE_WRITERS: Readonly<Record<string, string>> = {
  'src/foundation/atomic-file.ts': 'the one way files are written',
  'src/foundation/process-lock.ts': 'removes the lock files it made',
  'src/stores/': 'packs, objects, indexes and the workspace have write paths of their own',
};

export const FS_WRITES: ReadonlySet<string> = new Set(
  [
    'writeFile',
    'appendFile',
    'rename',
    'rm',
    'rmdir',
    'unlink',
    'mkdir',
    'mkdtemp',
    'copyFile',
    'cp',
    'link',
    'symlink',
    'truncate',
    'ftruncate',
    'chmod',
    'fchmod',
    'lchmod',
    'chown',
    'utimes',
    'lutimes',
    'write',
    'writev',
  ]
    .flatMap((name) => [name, `${name}Sync`])
    .concat('createWriteStream', 'WriteStream', '*', 'promises', 'default'),
);

export const MAX_LINES = 400;
