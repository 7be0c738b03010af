import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {{name: string, command: readonly string[]}} Check */

/**
 * Runs the checks, at most one a core, and prints one line each; what a failed one said comes below its line.
 * @param {readonly Check[]} checks
 * @returns {Promise<{passed: number, failed: number}>}
 */
export async function runChecks(checks) {
  const waiting = [...checks];
  let passed = 0;
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const startedAt = performance.now();
      const { code, output } = await run(check.command);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`);
      if (code === 0) passed += 1;
      else console.log(output.trimEnd());
    }
  };
  await Promise.all(Array.from({ length: Math.min(checks.length, availableParallelism()) }, worker));
  return { passed, failed: checks.length - passed };
}

/** @param {readonly string[]} command */
function run([file, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
