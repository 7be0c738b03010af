// What starting mlo costs: CPU of `node -e 0`, `mlo --version` and `mlo status` in a small project, beside the
// same of dvc. node bench/startup.mjs [rounds]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordNotDone, recordVerification } from '../scripts/verification.mjs';
import { measure } from './measure.mjs';
import { pythonPeer } from './peers.mjs';

/** Milliseconds of CPU a start may cost over an empty Node. */
const BUDGET_MS = 60;
const FILES = 20;
const CHECK = 'start-up: CPU of --version and status in a small project';
const COMMAND = 'node bench/startup.mjs';
const MLO = fileURLToPath(new URL('../bin/mlo.js', import.meta.url));
const STAGES = 'stages:\n  train:\n    cmd: sh train.sh\n    deps: [train.sh, data]\n    outs: [model.txt]\n';
const rounds = Number(process.argv[2] ?? 20);

const work = mkdtempSync(join(tmpdir(), 'mlo-bench-'));
try {
  await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function main() {
  const peer = pythonPeer('dvc');
  const mine = mloProject();
  const cases = [
    { name: 'node -e 0', command: [process.execPath, '-e', '0'], cwd: mine },
    { name: 'mlo --version', command: [process.execPath, MLO, '--version'], cwd: mine },
    { name: 'mlo version', command: [process.execPath, MLO, 'version'], cwd: mine },
    { name: 'mlo status', command: [process.execPath, MLO, 'status'], cwd: mine },
  ];
  if ('bin' in peer) {
    const theirs = dvcProject(peer.bin);
    cases.push({ name: 'dvc --version', command: [peer.bin, '--version'], cwd: theirs });
    cases.push({ name: 'dvc status', command: [peer.bin, 'status'], cwd: theirs });
  }
  const times = measure(cases, rounds);
  const base = times.get('node -e 0').minCpuMs;
  console.log(`CPU milliseconds, ${rounds} runs each in turn, Node ${process.versions.node}, ${FILES} files`);
  console.log('                    min  median  over node  times node');
  for (const [name, time] of times) {
    const over = time.minCpuMs - base;
    console.log(
      `${name.padEnd(16)} ${time.minCpuMs.toFixed(0).padStart(6)} ${time.medianCpuMs.toFixed(0).padStart(7)} ${over.toFixed(0).padStart(10)} ${(time.minCpuMs / base).toFixed(1).padStart(11)}`,
    );
  }
  const within = ['mlo --version', 'mlo status'].filter(
    (name) => times.get(name).minCpuMs - base <= BUDGET_MS,
  );
  console.log(`${within.length} of 2 within the budget of ${BUDGET_MS} ms over node -e 0`);
  await record(peer, times, within.length);
  if (within.length < 2) process.exitCode = 1;
}

async function record(peer, times, passed) {
  if ('skipped' in peer) {
    console.log(`dvc was not measured: ${peer.skipped}`);
    await recordNotDone({ check: CHECK, peer: 'dvc', command: COMMAND, reason: peer.skipped });
    return;
  }
  const ratio = (name) => (times.get(`dvc ${name}`).minCpuMs / times.get(`mlo ${name}`).minCpuMs).toFixed(1);
  const text = `CPU of dvc / CPU of mlo: --version ${ratio('--version')}, status ${ratio('status')}`;
  console.log(text);
  await recordVerification({
    check: CHECK,
    peer: 'dvc',
    version: peer.version,
    command: COMMAND,
    passed,
    failed: 2 - passed,
    ratio: text,
  });
}

function gitProject(name) {
  const dir = join(work, name);
  mkdirSync(join(dir, 'data'), { recursive: true });
  execFileSync('git', ['init', '--quiet', dir]);
  for (let i = 0; i < FILES; i += 1)
    writeFileSync(join(dir, 'data', `${i}.csv`), `id,value\n${i},${i * i}\n`);
  writeFileSync(join(dir, 'train.sh'), 'cat data/*.csv > model.txt\n');
  return dir;
}

function mloProject() {
  const dir = gitProject('mlo');
  const run = (...args) =>
    execFileSync(process.execPath, [MLO, '--quiet', ...args], { cwd: dir, stdio: 'pipe' });
  run('init');
  run('add', 'data');
  writeFileSync(join(dir, 'mlo.yaml'), STAGES);
  run('repro');
  return dir;
}

function dvcProject(bin) {
  const dir = gitProject('dvc');
  const env = { ...process.env, DVC_NO_ANALYTICS: '1' };
  const run = (...args) => execFileSync(bin, ['--quiet', ...args], { cwd: dir, env, stdio: 'pipe' });
  run('init');
  run('config', 'core.analytics', 'false');
  run('config', 'core.check_update', 'false');
  run('add', 'data');
  writeFileSync(join(dir, 'dvc.yaml'), STAGES);
  run('repro');
  return dir;
}
