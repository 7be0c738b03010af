import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { showRun } from '#features/runs/index.ts';
import { runMlo, startMlo } from '../../support/run-cli.ts';
import { testPipeline, type TestPipeline } from '../../support/pipeline.ts';

/** Writes half an output, says it is ready and waits at a named pipe until the test lets it go on. */
const WAITING = `stages:
  slow:
    cmd: sh slow.sh
    deps: [data.txt]
    outs: [out.txt]
  next: {cmd: cp out.txt next.txt, deps: [out.txt], outs: [next.txt]}
`;
const SLOW = `
trap 'echo caught > caught.txt; exit 1' INT TERM
echo ran >> count.txt
echo half > out.txt
if [ -p gate ]; then
  echo ready
  read line < gate
fi
cat data.txt > out.txt
`;

async function waitingPipeline(): Promise<TestPipeline> {
  const pipeline = await testPipeline(WAITING, { 'slow.sh': SLOW });
  await runMlo(['repro'], { cwd: pipeline.root });
  await pipeline.write('data.txt', 'new\n');
  execFileSync('mkfifo', [join(pipeline.root, 'gate')]);
  return pipeline;
}

/** Resolves when the stream has said `text`. */
async function said(stream: NodeJS.ReadableStream | null, text: string): Promise<void> {
  let heard = '';
  if (stream === null) throw new Error('no stream');
  for (;;) {
    const [chunk] = (await once(stream, 'data')) as [string];
    heard += chunk;
    if (heard.includes(text)) return;
  }
}

async function letGo(pipeline: TestPipeline): Promise<void> {
  const gate = createWriteStream(join(pipeline.root, 'gate'));
  gate.end('go\n');
  await once(gate, 'close');
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, exitCode) => {
  test('reaches the command; the outputs from before come back, the lock stays true', async () => {
    const pipeline = await waitingPipeline();
    const lock = await pipeline.read('mlo.lock');
    const running = startMlo(['repro'], { cwd: pipeline.root });
    await said(running.child.stdout, 'ready');
    running.child.kill(signal);
    const result = await running.done;
    expect(result.stderr).toContain(`stopped by ${signal}`);
    expect(result.exitCode).toBe(exitCode);
    expect(await pipeline.read('caught.txt')).toBe('caught\n');
    expect(await pipeline.read('out.txt')).toBe('flights\n');
    expect(await pipeline.read('next.txt')).toBe('flights\n');
    expect(await pipeline.read('mlo.lock')).toBe(lock);
    expect(await readdir(join(pipeline.root, '.mlo/journal'))).toEqual([]);
    expect(await showRun({ project: pipeline.open(), ref: '@last' })).toMatchObject({ status: 'KILLED' });
  });
});

test('a second mlo repro waits for the first, and does its work only once', async () => {
  const pipeline = await waitingPipeline();
  const first = startMlo(['repro', '--json'], { cwd: pipeline.root });
  await said(first.child.stdout, 'ready');
  const second = startMlo(['repro'], { cwd: pipeline.root });
  await said(second.child.stderr, 'waiting for "mlo repro slow"');
  await letGo(pipeline);
  const results = await Promise.all([first.done, second.done]);
  expect(results.map((result) => result.exitCode)).toEqual([0, 0]);
  expect(results[1].stdout).toMatch(/^slow: unchanged|^Everything is up to date/m);
  expect(await pipeline.read('count.txt')).toBe('ran\nran\n');
  expect(await pipeline.read('next.txt')).toBe('new\n');
});

test('a second mlo repro fails at once with --lock-timeout 0, naming the first', async () => {
  const pipeline = await waitingPipeline();
  const first = startMlo(['repro'], { cwd: pipeline.root });
  await said(first.child.stdout, 'ready');
  const second = await runMlo(['repro', '--lock-timeout', '0'], { cwd: pipeline.root });
  expect(second.exitCode).toBe(11);
  expect(second.stderr).toContain(`"mlo repro slow" (pid ${first.child.pid ?? ''} on `);
  await letGo(pipeline);
  expect((await first.done).exitCode).toBe(0);
});
