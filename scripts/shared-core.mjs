import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Code splitting cuts what commands share into dozens of small files, one for each set of commands, and `mlo
 * status` had to open 35. This plugin lets every lazily loaded module import the same core (all of foundation/,
 * formats/ and stores/ that `mlo status` needs), so that the core is one file.
 * @param {import('esbuild').BuildOptions} options of the build the plugin is for
 * @returns {Promise<import('esbuild').Plugin>}
 */
export async function sharedCore(options) {
  const { metafile } = await build({ ...options, write: false, metafile: true });
  const lazy = Object.values(metafile.outputs)
    .flatMap(({ entryPoint }) => (entryPoint?.startsWith('src/') ? [entryPoint] : []))
    .filter((path) => !Object.values(options.entryPoints).includes(path));
  if (lazy.length === 0) throw new Error('nothing is loaded lazily any more');
  const core = reachable(metafile.inputs, STATUS_NEEDS).filter(
    (path) => /^src\/(foundation|formats|stores)\//.test(path) && !lazy.includes(path),
  );
  const root = options.absWorkingDir;
  const lazyFiles = new Set(lazy.map((path) => `${root}${path}`));
  return {
    name: 'shared-core',
    setup(bundler) {
      bundler.onResolve({ filter: /^mlo:core$/ }, () => ({ path: 'core', namespace: 'mlo-core' }));
      bundler.onLoad({ filter: /.*/, namespace: 'mlo-core' }, () => ({
        contents: core.map((path) => `import ${JSON.stringify(`${root}${path}`)};`).join('\n'),
        resolveDir: root,
      }));
      bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!lazyFiles.has(path)) return undefined;
        return { contents: `${await readFile(path, 'utf8')}\nimport 'mlo:core';\n`, loader: 'ts' };
      });
    },
  };
}

const STATUS_NEEDS = [
  'src/cli/load-config.ts',
  'src/features/data/index.ts',
  'src/features/pipelines/index.ts',
  'src/stores/cas/open-store.ts',
];

/** Files that load when these do. */
function reachable(inputs, starts) {
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind, external } of inputs[path]?.imports ?? []) {
      if (external !== true && kind !== 'dynamic-import') visit(next);
    }
  };
  for (const start of starts) visit(start);
  return [...seen];
}
