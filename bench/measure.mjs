import { spawnSync } from 'node:child_process';

// bash's `time` reads getrusage of the child; Node cannot ask for one child's.
const SCRIPT = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" >/dev/null 2>&1; } 2>&1';

/**
 * Milliseconds one run of a command takes: wall clock, and CPU (user and system, its children included).
 * @param {readonly string[]} command
 * @param {string} cwd
 * @param {Readonly<Record<string, string>>} [env]
 */
function timeOnce(command, cwd, env = {}) {
  const ran = spawnSync('bash', ['-c', SCRIPT, 'time', ...command], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env, LC_ALL: 'C' },
  });
  if (ran.status !== 0) throw new Error(`${command.join(' ')} failed with ${String(ran.status)}`);
  const [wall = 0, user = 0, system = 0] = ran.stdout.trim().split(' ').map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
}

/**
 * Runs all cases in turn, `rounds` times, so that a busy moment of the machine hits each of them.
 * @param {readonly {name: string, command: readonly string[], cwd: string, env?: Readonly<Record<string, string>>}[]} cases
 * @param {number} rounds
 * @returns {Map<string, {minCpuMs: number, medianCpuMs: number, minWallMs: number, medianWallMs: number}>}
 */
export function measure(cases, rounds) {
  const samples = new Map(cases.map(({ name }) => [name, []]));
  for (const { command, cwd, env } of cases) timeOnce(command, cwd, env); // warm the disk cache
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, command, cwd, env } of cases) samples.get(name)?.push(timeOnce(command, cwd, env));
  }
  return new Map(
    [...samples].map(([name, runs]) => {
      const cpu = runs.map((run) => run.cpuMs).toSorted((a, b) => a - b);
      const wall = runs.map((run) => run.wallMs).toSorted((a, b) => a - b);
      const middle = Math.floor(runs.length / 2);
      return [
        name,
        { minCpuMs: cpu[0], medianCpuMs: cpu[middle], minWallMs: wall[0], medianWallMs: wall[middle] },
      ];
    }),
  );
}
