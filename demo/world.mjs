// What the demo's steps share: the workspace, and ways to run the real programs in it.
import { spawn } from 'node:child_process';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MLO_BIN = fileURLToPath(new URL('../bin/mlo.js', import.meta.url));

/**
 * @typedef {{exitCode: number, stdout: string, stderr: string}} Finished
 * @typedef {Awaited<ReturnType<typeof makeWorld>>} World
 */

/** @param {{dir?: string, mloBin?: string}} options */
export async function makeWorld({ dir, mloBin = MLO_BIN } = {}) {
  const base = dir ?? (await realpath(await mkdtemp(join(tmpdir(), 'mlo-demo-'))));
  const workspace = join(base, 'flights');
  /** Every command the demo typed, in order. @type {string[]} */
  const typed = [];
  /** Children that must not outlive the demo. @type {Set<import('node:child_process').ChildProcess>} */
  const children = new Set();

  /**
   * Runs a program to its end. Throws when the exit code is not among `expect`.
   * @param {string} program @param {readonly string[]} args
   * @param {{cwd?: string, expect?: readonly number[]}} options @returns {Promise<Finished>}
   */
  const run = async (program, args, { cwd = workspace, expect = [0] } = {}) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const finished = await collect(child);
    children.delete(child);
    if (!expect.includes(finished.exitCode)) {
      throw new Error(
        `${program} ${args.join(' ')}\nended with ${finished.exitCode}\n${finished.stdout}${finished.stderr}`,
      );
    }
    return finished;
  };

  /** A public `mlo` command as data. @param {string} line @param {{cwd?: string, expect?: readonly number[]}} options */
  const mlo = async (line, options = {}) => {
    typed.push(`mlo ${line}`);
    const finished = await run(process.execPath, [mloBin, ...words(line), '--json'], options);
    const last = finished.stdout.trim().split('\n').at(-1) ?? '';
    const envelope = JSON.parse(last);
    return { ...finished, ok: envelope.ok, result: envelope.result, error: envelope.error };
  };

  return {
    base,
    workspace,
    typed,
    children,
    mlo,
    run,
    /** @param {string} line @param {{cwd?: string}} options */
    git: (line, options = {}) => run('git', words(line), options),
    /** Starts `mlo serve …`; resolves when it listens. @param {string} line */
    serve: (line) => {
      typed.push(`mlo ${line}`);
      const child = spawn(process.execPath, [mloBin, ...words(line), '--json'], {
        cwd: workspace,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.add(child);
      child.once('close', () => children.delete(child));
      return startServer(child, line);
    },
  };
}

/** @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child @param {string} line */
async function startServer(child, line) {
  const done = collect(child);
  const url = await new Promise((resolve, reject) => {
    let seen = '';
    child.stdout.on('data', (chunk) => {
      seen += chunk;
      for (const text of seen.split('\n').slice(0, -1)) {
        const event = JSON.parse(text);
        if (event.type === 'listening') resolve(event.url);
      }
    });
    done.then(
      (finished) =>
        reject(
          new Error(`mlo ${line} ended with ${finished.exitCode}\n${finished.stdout}${finished.stderr}`),
        ),
      reject,
    );
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      return done;
    },
  };
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<Finished>} */
function collect(child) {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ exitCode: code ?? (signal === 'SIGTERM' ? 143 : 130), stdout, stderr }),
    );
  });
}

/** Splits a command line at blanks; a part in double quotes stays together. @param {string} line */
function words(line) {
  return (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}
