import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { hashFile } from '#foundation/hash.ts';
import { isDeadProcess, processIdentity } from '#foundation/process-identity.ts';
import { lockedOutputs } from '#features/pipelines/index.ts';
import { runMlo, startMlo } from '../../support/run-cli.ts';
import { testPipeline, type TestPipeline } from '../../support/pipeline.ts';

/** Two outputs that must belong together; FAIL in the environment makes the command fail after half its work. */
const PAIR = `stages:
  pair:
    cmd: sh pair.sh
    deps: [data.txt]
    outs: [out/one.txt, out/two.txt]
`;
const SCRIPT = `
echo half > out/one.txt
if [ -n "$FAIL" ]; then exit 3; fi
if [ -p gate ]; then echo "ready $$"; read line < gate; fi
cat data.txt > out/one.txt
cat data.txt > out/two.txt
`;

async function pairPipeline(): Promise<TestPipeline> {
  const pipeline = await testPipeline(PAIR, { 'pair.sh': SCRIPT });
  const first = await runMlo(['repro'], { cwd: pipeline.root });
  expect(first.exitCode).toBe(0);
  await pipeline.write('data.txt', 'new\n');
  return pipeline;
}

async function pair(pipeline: TestPipeline): Promise<string> {
  return `${(await pipeline.read('out/one.txt')) ?? '-'}${(await pipeline.read('out/two.txt')) ?? '-'}`;
}

/** The outputs lie there whole, old or new, and mlo.lock says the same of them. */
async function expectWhole(pipeline: TestPipeline): Promise<void> {
  expect(['flights\nflights\n', 'new\nnew\n']).toContain(await pair(pipeline));
  for (const item of await lockedOutputs({ project: pipeline.open() })) {
    expect((await hashFile(join(pipeline.root, item.path) as AbsolutePath)).id).toBe(item.id);
  }
}

describe('kill -9', () => {
  test('while the command runs: its remains are ended, the outputs from before come back', async () => {
    const pipeline = await pairPipeline();
    execFileSync('mkfifo', [join(pipeline.root, 'gate')]);
    const running = startMlo(['repro'], { cwd: pipeline.root });
    const [line] = (await once(running.child.stdout ?? process.stdin, 'data')) as [string];
    const command = processIdentity(Number(/ready (\d+)/.exec(line)?.[1]));
    running.child.kill('SIGKILL');
    await running.done;
    expect(isDeadProcess(command)).toBe(false);
    expect(await pair(pipeline)).toBe('half\n-');

    const next = await runMlo(['repro'], { cwd: pipeline.root, env: { FAIL: '1' } });
    expect(next.exitCode).toBe(17);
    expect(next.stderr).toContain('pair: its last run was cut short; the outputs from before are back');
    expect(isDeadProcess(command)).toBe(true);
    expect(await pair(pipeline)).toBe('flights\nflights\n');
    await expectWhole(pipeline);

    execFileSync('rm', [join(pipeline.root, 'gate')]);
    expect((await runMlo(['repro'], { cwd: pipeline.root })).exitCode).toBe(0);
    expect(await pair(pipeline)).toBe('new\nnew\n');
  });

  test('and then a checkout: the outputs from before come back, not half of the new ones', async () => {
    const pipeline = await pairPipeline();
    execFileSync('mkfifo', [join(pipeline.root, 'gate')]);
    const running = startMlo(['repro'], { cwd: pipeline.root });
    await once(running.child.stdout ?? process.stdin, 'data');
    running.child.kill('SIGKILL');
    await running.done;

    const next = await runMlo(['checkout'], { cwd: pipeline.root });
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.stderr).toContain('pair: its last run was cut short');
    await expectWhole(pipeline);
    expect(await pair(pipeline)).toBe('flights\nflights\n');
  });

  // Each change of journal, outputs and mlo.lock is a moment; there are about 25 of them. What lies between is
  // met as well, since the signal arrives a little later.
  test.each([1, 3, 5, 6, 8, 11, 13, 15, 16, 18, 20, 22, 24])(
    'at change %i: nothing is lost and the next repro works',
    async (moment) => {
      const pipeline = await pairPipeline();
      const running = startMlo(['repro'], { cwd: pipeline.root });
      await using _watching = killAtChange(pipeline.root, moment, () => running.child.kill('SIGKILL'));
      const { signal, exitCode } = await running.done;
      expect(signal === 'SIGKILL' || exitCode === 0).toBe(true);

      // A command that fails must leave what is there, whatever state it was found in.
      const failing = await runMlo(['repro', '--force'], { cwd: pipeline.root, env: { FAIL: '1' } });
      expect(failing.exitCode).toBe(17);
      await expectWhole(pipeline);

      expect(await runMlo(['repro'], { cwd: pipeline.root })).toMatchObject({ exitCode: 0 });
      expect(await pair(pipeline)).toBe('new\nnew\n');
      await expectWhole(pipeline);
      const again = await runMlo(['repro'], { cwd: pipeline.root });
      expect(again.stdout).toBe('Everything is up to date: 1 stage unchanged.\n');
      expect(leftovers(pipeline.root)).toEqual([]);
    },
  );
});

/** Journals, what was set aside, and halves of files. */
function leftovers(root: string): string[] {
  const journal = readdirSync(join(root, '.mlo/journal'));
  return [...journal, ...readdirSync(root), ...readdirSync(join(root, 'out'))].filter((name) =>
    /^(stage-|\.mlo-(tmp|aside)-)/.test(name),
  );
}

function killAtChange(root: string, moment: number, kill: () => void): AsyncDisposable {
  let seen = 0;
  const watchers: FSWatcher[] = ['.', '.mlo/journal', 'out'].map((folder) => {
    mkdirSync(join(root, folder), { recursive: true });
    return watch(join(root, folder), () => {
      seen += 1;
      if (seen === moment) kill();
    });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      for (const watcher of watchers) watcher.close();
      await Promise.resolve();
    },
  };
}
