import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { endSurvivors } from '#adapters/process/survivors.ts';

async function start(script: string, env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', script], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

test.runIf(process.platform === 'linux')(
  'ends what carries the token, in whatever group, and nothing else',
  async () => {
    const token = randomUUID();
    const mine = await start('echo ready; read line', { MLO_TEST_TOKEN: token });
    const stubborn = await start('trap "" TERM; echo ready; read line', { MLO_TEST_TOKEN: token });
    const other = await start('echo ready; read line', { MLO_TEST_TOKEN: `${token}x` });
    const ends = [once(mine, 'exit'), once(stubborn, 'exit')];
    expect(await endSurvivors('MLO_TEST_TOKEN', token, 100)).toBe(2);
    await Promise.all(ends);
    expect(mine.signalCode).toBe('SIGTERM');
    expect(stubborn.signalCode).toBe('SIGKILL');
    expect(other.exitCode ?? other.signalCode).toBeNull();
    expect(await endSurvivors('MLO_TEST_TOKEN', token)).toBe(0);
    other.stdin?.end();
    await once(other, 'exit');
  },
);
