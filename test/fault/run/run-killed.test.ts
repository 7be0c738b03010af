import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { isDeadProcess, processIdentity } from '#foundation/process-identity.ts';
import { runMlo, startMlo, type CliResult } from '../../support/run-cli.ts';
import { testProject, type TestProject } from '../../support/project.ts';

const ENDLESS = 'echo "pid $$"; while :; do sleep 0.1; done';

/** A run that has printed its pid, so its command is certainly going on. */
async function running(
  project: TestProject,
  script: string,
): Promise<ReturnType<typeof startMlo> & { readonly pid: number }> {
  const mlo = startMlo(['run', '-n', 'victim', '--', 'sh', '-c', script], { cwd: project.dir });
  let text = '';
  while (!text.includes('\n')) {
    const [chunk] = (await once(mlo.child.stdout ?? mlo.child, 'data')) as [string];
    text += chunk;
  }
  return { ...mlo, pid: Number(/pid (\d+)/.exec(text)?.[1]) };
}

async function statusOf(project: TestProject, ref: string): Promise<string> {
  return String((await runMlo(['runs', 'show', ref, '--json'], { cwd: project.dir })).json().result.status);
}

async function expectUsable(project: TestProject): Promise<void> {
  const again: CliResult = await runMlo(['run', '-n', 'next', '--', 'echo', 'fine'], { cwd: project.dir });
  expect(again.exitCode).toBe(0);
  expect(again.stdout).toContain('fine\n');
  expect(await statusOf(project, 'next')).toBe('FINISHED');
}

describe('mlo run', () => {
  test('kill -9 of mlo: the run is KILLED at the next look, what it printed is kept, the project is usable', async () => {
    const project = await testProject();
    const mlo = await running(project, ENDLESS);
    expect(await statusOf(project, 'victim')).toBe('RUNNING');
    const command = processIdentity(mlo.pid);
    mlo.child.kill('SIGKILL');
    await once(mlo.child, 'exit');
    const list = await runMlo(['runs', 'list', '--json'], { cwd: project.dir });
    expect(list.json().result.runs).toMatchObject([{ name: 'victim', status: 'KILLED' }]);
    // The command has outlived mlo; the next mlo says so and how to end it.
    expect(isDeadProcess(command)).toBe(false);
    expect(list.stderr).toContain(`kill -- -${mlo.pid}`);
    process.kill(-mlo.pid, 'SIGKILL');
    const shown = (await runMlo(['runs', 'show', 'victim', '--json'], { cwd: project.dir })).json().result;
    expect(shown.artifacts).toMatchObject([{ path: 'output.log' }]);
    await expectUsable(project);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s: the command is told, has its time, the run is KILLED, exit %d',
    async (signal, exitCode) => {
      const project = await testProject();
      const script = `trap 'echo cleaned; exit 0' ${signal.slice(3)}; ${ENDLESS}`;
      const mlo = await running(project, script);
      mlo.child.kill(signal);
      const result = await mlo.done;
      expect(result.exitCode).toBe(exitCode);
      expect(result.stderr).toContain(`stopped by ${signal}`);
      expect(await statusOf(project, 'victim')).toBe('KILLED');
      expect(result.stdout).toContain('cleaned\n');
      const shown = await runMlo(['runs', 'show', 'victim', '--json'], { cwd: project.dir });
      expect(shown.json().result.artifacts).toMatchObject([{ path: 'output.log' }]);
      await expectUsable(project);
    },
  );

  test('a second Ctrl-C ends mlo at once and takes the stubborn command along', async () => {
    const project = await testProject();
    const mlo = await running(project, `trap '' INT TERM; ${ENDLESS}`);
    const command = processIdentity(mlo.pid);
    mlo.child.kill('SIGINT');
    // Told apart from a first one that has not arrived yet: the second is sent until mlo has gone.
    const again = setInterval(() => mlo.child.kill('SIGINT'), 50);
    const [code] = (await once(mlo.child, 'exit')) as [number];
    clearInterval(again);
    expect(code).toBe(130);
    await expect.poll(() => isDeadProcess(command)).toBe(true);
    expect(await statusOf(project, 'victim')).toBe('KILLED');
    await expectUsable(project);
  });
});
