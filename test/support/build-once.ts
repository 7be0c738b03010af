import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Tests of the built program need dist/ to be the sources at hand. When they do not build, only those tests
 * fail (startMlo refuses), not every other one.
 */
export function setup(): void {
  const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
  try {
    execFileSync(process.execPath, [script, '--if-changed'], { stdio: 'inherit' });
  } catch {
    process.env.MLO_BUILD_FAILED = '1';
  }
}
