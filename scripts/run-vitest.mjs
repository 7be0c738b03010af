import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const VITEST = `${root}node_modules/vitest/vitest.mjs`;

/**
 * Runs the tests of a configuration and counts them. A file that cannot be loaded, or vitest itself failing,
 * counts as one failed test: it must never look green.
 * @param {readonly string[]} args
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
export async function runVitest(args) {
  const folder = await mkdtemp(join(tmpdir(), 'mlo-vitest-'));
  const report = join(folder, 'report.json');
  try {
    const code = await new Promise((resolve) => {
      const child = spawn(
        process.execPath,
        [VITEST, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
        { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
      );
      child.on('error', () => resolve(1));
      child.on('close', (exitCode) => resolve(exitCode ?? 1));
    });
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
    const found = JSON.parse(text);
    const brokenFiles = found.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    ).length;
    const failed = found.numFailedTests + brokenFiles;
    return {
      passed: found.numPassedTests,
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: found.numPendingTests + found.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
