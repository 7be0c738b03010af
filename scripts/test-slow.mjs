// npm run test:slow: what takes minutes. Installing the packed product with only the npm registry, the demo.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runVitest } from './run-vitest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const tests = await runVitest(['--config', 'vitest.slow.config.ts', ...process.argv.slice(2)]);
const startedAt = performance.now();
const demo = spawnSync('npm', ['run', '--silent', 'demo'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const demoGood = demo.status === 0;
console.log(
  `${demoGood ? 'ok    ' : 'FAILED'} npm run demo (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
);
const passed = tests.passed + Number(demoGood);
const failed = tests.failed + Number(!demoGood);
if (tests.skipped > 0) console.log(`${tests.skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
