import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { recordNotDone } from '../../scripts/verification.mjs';
import { packagedLate } from '../support/packaged-model.ts';
import { PACKAGE_DIR, runMlo, startMlo } from '../support/run-cli.ts';
import { recordSuite } from '../support/verification.ts';

const VENV = join(PACKAGE_DIR, '.tools/serving-clients');
const PYTHON = join(VENV, 'bin/python');
const CLIENTS = ['tritonclient[http]', 'kserve', 'mlflow', 'cyclonedx-python-lib[json-validation]'];
const PEERS = ['tritonclient', 'kserve', 'mlflow', 'cyclonedx-python-lib'] as const;
const SCRIPT = fileURLToPath(new URL('../support/serving_clients.py', import.meta.url));
const check = (peer: string) => ({
  check: peer.startsWith('cyclonedx')
    ? 'package: software bill of materials'
    : 'serve: official client, unmodified',
  peer,
  command: 'npx vitest run --config vitest.slow.config.ts test/slow/serving-clients.test.ts',
});

/** Undefined when the clients can be called, else why not. */
function missing(): string | undefined {
  if (existsSync(join(VENV, 'complete'))) return undefined;
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', VENV]],
    [PYTHON, ['-m', 'pip', 'install', '--quiet', ...CLIENTS]],
    [PYTHON, ['-c', `open(${JSON.stringify(join(VENV, 'complete'))}, 'w').close()`]],
  ];
  for (const [program, argv] of steps) {
    const { status, stderr, error } = spawnSync(program, argv, { encoding: 'utf8' });
    if (status !== 0)
      return `${program} ${argv[1] ?? ''}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? ''}`;
  }
  return undefined;
}

const reason = missing();
if (reason !== undefined) {
  for (const peer of PEERS) await recordNotDone({ ...check(peer), reason });
  process.stderr.write(`skipped: ${reason}\n`);
}

interface Told {
  readonly peer: string;
  readonly version: string;
  readonly check: string;
  readonly values: readonly number[] | null;
}

const CHECKS = { tritonclient: 7, kserve: 3, mlflow: 1, 'cyclonedx-python-lib': 1 } as const;

describe.skipIf(reason !== undefined)('official clients against mlo serve', () => {
  let told: readonly Told[] = [];
  let expected: readonly number[] = [];

  it('serve, are asked from Python, and the server ends with 0', async () => {
    const { dir } = await packagedLate();
    const bundle = join(dir, 'bundle');
    expect((await runMlo(['package', 'late', '-o', bundle], { cwd: dir })).exitCode).toBe(0);
    const { child, done } = startMlo(['serve', 'late', '--port', '0', '--json'], { cwd: dir });
    const url = await new Promise<string>((resolve) => {
      child.stdout?.on('data', (chunk: string) => {
        const found = /"url":"([^"]+)"/.exec(chunk)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const output = execFileSync(PYTHON, [SCRIPT, url, bundle], { encoding: 'utf8' });
    told = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Told);
    child.kill('SIGTERM');
    expect((await done).exitCode).toBe(0);
    const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
    const row = (hour: number, distance: number, origin: number): number =>
      sigmoid(hour * 0.07 - distance * 0.0003 + origin - 1);
    expected = [row(18, 500, 0.9), row(6, 1000, 0), row(23, 250.5, 0.4)];
  });

  describe.each(PEERS)('%s', (peer) => {
    recordSuite(() => ({ ...check(peer), version: told.find((one) => one.peer === peer)?.version ?? '' }));

    const ways = Array.from({ length: CHECKS[peer] }, (_, at) => at + 1);

    it.each(ways)('check %i gives the right answer', (way) => {
      const own = told.filter((one) => one.peer === peer);
      expect(own).toHaveLength(ways.length);
      const values = own[way - 1]?.values;
      if (values === null) return;
      expect(values).toHaveLength(expected.length);
      for (const [at, value] of expected.entries()) expect(values?.[at]).toBeCloseTo(value, 6);
    });
  });
});
