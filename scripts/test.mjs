// npm test: the checks of npm run check, then every test but the slow ones.
import { CHECKS } from './checks.mjs';
import { runChecks } from './run-checks.mjs';
import { runVitest } from './run-vitest.mjs';

const checks = await runChecks(CHECKS);
const tests = await runVitest(process.argv.slice(2));
const passed = checks.passed + tests.passed;
const failed = checks.failed + tests.failed;
if (tests.skipped > 0) console.log(`${tests.skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
