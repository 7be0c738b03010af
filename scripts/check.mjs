// npm run check: format, lint, types, unused code.
import { CHECKS } from './checks.mjs';
import { runChecks } from './run-checks.mjs';

const { passed, failed } = await runChecks(CHECKS);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
