import { spawnSync } from 'node:child_process';
import { PACKAGE_DIR } from './run-cli.ts';

export interface SuiteCounts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

/** Runs a test file of this repository in a process of its own, with more in its environment. */
export function runSuite(file: string, env: Readonly<Record<string, string>> = {}): SuiteCounts {
  const { stdout, stderr } = spawnSync('npx', ['vitest', 'run', file, '--reporter=json'], {
    cwd: PACKAGE_DIR,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, ...env },
  });
  const start = stdout.indexOf('{"numTotalTestSuites"');
  if (start === -1) throw new Error(`${file} gave no report\n${stdout}\n${stderr}`);
  return JSON.parse(stdout.slice(start)) as SuiteCounts;
}
