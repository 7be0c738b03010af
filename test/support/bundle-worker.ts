import { join } from 'node:path';
import { build } from 'esbuild';
import { PACKAGE_DIR } from './run-cli.ts';
import { tempDir } from './temp-dir.ts';

/** A program of a few lines that may import the sources by `#…`, as a file that plain Node runs. */
export async function bundleWorker(code: string): Promise<string> {
  const outfile = join(await tempDir(), 'worker.mjs');
  await build({
    stdin: { contents: code, resolveDir: PACKAGE_DIR, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return outfile;
}
