import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runProcess, type ProcessOptions } from '#adapters/process/run-process.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const ENV = { PATH: process.env.PATH };

async function run(
  command: ProcessOptions['command'],
  more: Partial<ProcessOptions> = {},
): Promise<{ exitCode: number | undefined; signal: string | undefined; stdout: string; stderr: string }> {
  const out = { stdout: '', stderr: '' };
  const result = await runProcess({
    command,
    cwd: await tempDir(),
    env: ENV,
    onOutput: (stream, chunk) => (out[stream] += chunk),
    ...more,
  });
  return { exitCode: result.exitCode, signal: result.signal, ...out };
}

/** Gone or a zombie nobody has collected yet: either way it does nothing any more. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

describe('runProcess', () => {
  test('a list is started without a shell, word for word', async () => {
    const script = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const { stdout, exitCode } = await run([process.execPath, '-e', script, '--', 'a b', '$HOME', '*', '']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(['a b', '$HOME', '*', '']);
  });

  test('text goes through a shell', async () => {
    const result = await run('printf "%s\\n" out | tr a-z A-Z; echo err >&2; exit 7');
    expect(result).toEqual({ exitCode: 7, signal: undefined, stdout: 'OUT\n', stderr: 'err\n' });
  });

  test('a login shell that is not POSIX is not used', async () => {
    const result = await run('echo ${X:-fine}', { env: { ...ENV, SHELL: '/usr/bin/fish' } });
    expect(result.stdout).toBe('fine\n');
  });

  test('the environment is the given one and no more', async () => {
    process.env.MLO_TEST_LEAK = 'leaked';
    const result = await run('echo "[$MLO_TEST_LEAK][$GIVEN]"', {
      env: { ...ENV, GIVEN: 'x', GONE: undefined },
    });
    delete process.env.MLO_TEST_LEAK;
    expect(result.stdout).toBe('[][x]\n');
  });

  test('a character cut by a chunk border arrives whole', async () => {
    const script = `const b = Buffer.from('é漢🙂'); let i = 0;
      const next = () => { if (i < b.length) process.stdout.write(b.subarray(i, ++i), () => setTimeout(next, 3)); };
      next();`;
    expect((await run([process.execPath, '-e', script])).stdout).toBe('é漢🙂');
  });

  test('large output is complete', async () => {
    const script = `process.stdout.write('x'.repeat(5_000_000) + 'end')`;
    const { stdout } = await run([process.execPath, '-e', script]);
    expect(stdout.length).toBe(5_000_003);
    expect(stdout.endsWith('end')).toBe(true);
  });

  test('a signal from outside is told apart from an exit code', async () => {
    expect(await run('kill -9 $$')).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
  });

  test('a missing program is one clear error', async () => {
    await expect(run(['no-such-program-at-all'])).rejects.toMatchObject({
      kind: 'child',
      code: 'MLO_COMMAND_NOT_FOUND',
      message: 'command not found: no-such-program-at-all',
    });
  });

  test('a file without the executable bit says so', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'train.sh'), 'echo hi\n');
    await expect(run([join(dir, 'train.sh')])).rejects.toMatchObject({
      kind: 'child',
      code: 'MLO_COMMAND_NOT_STARTED',
    });
  });

  test('a missing working folder is named', async () => {
    const cwd = join(await tempDir(), 'gone') as AbsolutePath;
    await expect(run(['true'], { cwd })).rejects.toMatchObject({
      kind: 'not-found',
      code: 'MLO_NO_SUCH_FOLDER',
    });
  });

  test('an interrupt reaches the whole group, which may end in its own way', async () => {
    const stop = new AbortController();
    // A shell starts background jobs with SIGINT ignored, so the polite signal here is SIGTERM.
    const command = `trap 'wait; echo parent; exit 5' TERM
      sh -c 'trap "echo child; exit 0" TERM; echo ready; while :; do sleep 0.05; done' &
      wait`;
    let text = '';
    const result = await runProcess({
      command,
      cwd: await tempDir(),
      env: ENV,
      signal: stop.signal,
      onOutput: (stream, chunk) => {
        // The shell tells on stderr, whenever it likes, that a `sleep` was terminated.
        if (stream === 'stdout') text += chunk;
        if (text.includes('ready')) stop.abort('SIGTERM');
      },
    });
    expect(result).toMatchObject({ exitCode: 5, signal: undefined });
    expect(text).toBe('ready\nchild\nparent\n');
  });

  test('what ignores the signal is killed after the grace, grandchildren too', async () => {
    const stop = new AbortController();
    let text = '';
    const command = `trap '' INT; sh -c 'trap "" INT; echo pid $$; while :; do sleep 0.05; done' & 
      while :; do sleep 0.05; done`;
    const result = await runProcess({
      command,
      cwd: await tempDir(),
      env: ENV,
      signal: stop.signal,
      graceMs: 100,
      onOutput: (_, chunk) => {
        text += chunk;
        if (/pid \d+\n/.test(text)) stop.abort('SIGINT');
      },
    });
    expect(result).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
    const pid = Number(/pid (\d+)/.exec(text)?.[1]);
    await expect.poll(() => runs(pid)).toBe(false);
  });

  test('a signal that fired before the start stops the command too', async () => {
    const stop = new AbortController();
    stop.abort('SIGTERM');
    expect(await run(['sleep', '60'], { signal: stop.signal })).toMatchObject({ signal: 'SIGTERM' });
  });

  test('a background process that keeps the pipes open does not hold the command up', async () => {
    const dir = await tempDir();
    const { stdout } = await run(`sleep 30 & echo $! > pid; echo done`, { cwd: dir });
    expect(stdout).toBe('done\n');
    const pid = Number(await readFile(join(dir, 'pid'), 'utf8'));
    expect(await runs(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });
});
