import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Tests of the built program need dist/ to be the sources at hand. */
export function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  });
}
