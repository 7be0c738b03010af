import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const ENTRY = `
export { COMMANDS } from '#cli/commands/index.ts';
export { EXIT, EXIT_MEANINGS } from '#cli/exit-codes.ts';
export { GLOBAL_OPTION_HELP } from '#cli/global-options.ts';
export { kebab } from '#cli/kebab.ts';
export { CONFIG, REMOTE_KEYS } from '#formats/config/definitions.ts';
`;

/** What commands load when they run: not needed to describe them. */
const LAZY = ['#features/*', '#server/*', '#stores/*', '#adapters/*'];

/** The tables the product itself runs on: commands, configuration keys, exit codes. */
export async function loadTables() {
  const folder = await mkdtemp(join(tmpdir(), 'mlo-tables-'));
  try {
    await build({
      absWorkingDir: root,
      stdin: { contents: ENTRY, resolveDir: root },
      outdir: folder,
      entryNames: 'tables',
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      external: LAZY,
      logLevel: 'error',
      banner: {
        js: "import{createRequire as __mloRequire}from'node:module';const require=__mloRequire(import.meta.url);",
      },
    });
    return await import(pathToFileURL(join(folder, 'tables.mjs')).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
