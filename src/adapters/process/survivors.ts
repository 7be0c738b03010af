import { readdir, readFile } from 'node:fs/promises';
import { errnoOf } from '#foundation/errors.ts';

const POLL_MS = 20;
const GRACE_MS = 5_000;

/**
 * Ends every process that carries `name=value` in its environment: what is left of a command whose mlo was
 * killed. SIGTERM first, SIGKILL after `graceMs`; resolves when none is left, with the number found. The
 * environment is inherited, so it also finds what left the process group, and no reused pid can be mistaken.
 * Reads /proc: where there is none it finds nothing.
 */
export async function endSurvivors(name: string, value: string, graceMs = GRACE_MS): Promise<number> {
  const mark = `${name}=${value}`;
  const found = await carriersOf(mark);
  if (found.length === 0) return 0;
  let signal: NodeJS.Signals = 'SIGTERM';
  const deadline = performance.now() + graceMs;
  const all = new Set(found);
  for (let alive = found; alive.length > 0; alive = await carriersOf(mark)) {
    if (performance.now() > deadline) signal = 'SIGKILL';
    for (const pid of alive) {
      if (signal === 'SIGKILL' || !all.has(pid) || alive === found) send(pid, signal);
      all.add(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return all.size;
}

async function carriersOf(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch((): string[] => [])).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Other users' processes cannot be read; they are not ours.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(mark) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined && pid !== process.pid) as number[];
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
  }
}
