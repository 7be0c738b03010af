import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentIdOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { openStore } from '#stores/cas/open-store.ts';
import { runMlo, startMlo } from '../support/run-cli.ts';
import { testProject } from '../support/project.ts';

/** Everything the store names can be read and is what its name says. */
async function checkStore(dir: string): Promise<number> {
  const packs = join(dir, '.mlo/store/packs');
  let count = 0;
  for (const fan of list(packs)) {
    for (const name of list(join(packs, fan)).filter((file) => file.endsWith('.pack'))) {
      expect(contentIdOf(readFileSync(join(packs, fan, name)))).toBe(`sha256:${name.slice(0, -5)}`);
      count += 1;
    }
  }
  const loose = join(dir, '.mlo/store/loose');
  for (const fan of list(loose)) {
    for (const name of list(join(loose, fan))) {
      expect(contentIdOf(readFileSync(join(loose, fan, name)))).toBe(`sha256:${fan}${name}`);
      count += 1;
    }
  }
  return count;
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Kill times spread over the whole run, from process start to after its end. */
const ROUNDS = 12;

describe('kill -9 at any moment', () => {
  it('during add leaves a usable project; add again completes it', async () => {
    const project = await testProject();
    for (let i = 0; i < 300; i += 1) await project.write(`d/f${i}`, randomBytes(20_000));
    await project.write('big.bin', randomBytes(30_000_000));
    const clock = await testProject();
    for (let i = 0; i < 300; i += 1) await clock.write(`d/f${i}`, randomBytes(20_000));
    await clock.write('big.bin', randomBytes(30_000_000));
    const startedAt = performance.now();
    expect((await runMlo(['add', 'd', 'big.bin'], { cwd: clock.dir })).exitCode).toBe(0);
    const fullMs = performance.now() - startedAt;
    let killed = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await project.write(`d/f${round}`, `changed in round ${round}`);
      const { child, done } = startMlo(['add', 'd', 'big.bin'], { cwd: project.dir });
      const timer = setTimeout(() => child.kill('SIGKILL'), (fullMs * round) / (ROUNDS - 2));
      const { signal } = await done;
      clearTimeout(timer);
      if (signal === 'SIGKILL') killed += 1;
      await checkStore(project.dir);
      const status = await runMlo(['status', '--json'], { cwd: project.dir });
      expect(status.exitCode, status.stderr).toBe(0);
    }
    expect(killed).toBeGreaterThan(2);
    const again = await runMlo(['add', 'd', 'big.bin'], { cwd: project.dir });
    expect(again.exitCode, again.stderr).toBe(0);
    const status = await runMlo(['status', '--exit-code'], { cwd: project.dir });
    expect(status.exitCode, status.stdout).toBe(0);
    expect(list(join(project.dir, '.mlo/store/tmp'))).toEqual([]);
    expect(list(project.dir).filter((name) => name.startsWith('.mlo-tmp-'))).toEqual([]);
    expect(list(join(project.dir, '.mlo/locks'))).toEqual([]);
  });

  it('during checkout is completed by the next checkout, and nothing is lost', async () => {
    const project = await testProject();
    for (let i = 0; i < 3000; i += 1) await project.write(`d/f${i}`, `one ${i}`);
    await runMlo(['add', 'd'], { cwd: project.dir });
    const one = readFileSync(join(project.dir, 'd.mlo'), 'utf8');
    for (let i = 0; i < 3000; i += 1) await project.write(`d/f${i}`, `two ${i}`);
    await runMlo(['add', 'd'], { cwd: project.dir });
    const two = readFileSync(join(project.dir, 'd.mlo'), 'utf8');
    let killed = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      writeFileSync(join(project.dir, 'd.mlo'), round % 2 === 0 ? one : two);
      const { child, done } = startMlo(['checkout'], { cwd: project.dir });
      const timer = setTimeout(() => child.kill('SIGKILL'), 100 + round * 60);
      const { signal } = await done;
      clearTimeout(timer);
      if (signal === 'SIGKILL') killed += 1;
    }
    expect(killed).toBeGreaterThan(0);
    writeFileSync(join(project.dir, 'd.mlo'), one);
    const last = await runMlo(['checkout'], { cwd: project.dir });
    expect(last.exitCode, last.stderr).toBe(0);
    expect(list(join(project.dir, 'd')).filter((name) => name.startsWith('.mlo-tmp-'))).toEqual([]);
    for (const i of [0, 1, 1500, 2999]) {
      expect(readFileSync(join(project.dir, `d/f${i}`), 'utf8')).toBe(`one ${i}`);
    }
    const status = await runMlo(['status', '--exit-code'], { cwd: project.dir });
    expect(status.exitCode, status.stdout).toBe(0);
  });

  it('during push leaves a remote that a second push completes', async () => {
    const project = await testProject();
    const remote = join(project.dir, '..', `${project.dir.split('/').at(-1)}-remote`);
    try {
      await runMlo(['remote', 'add', 'origin', remote], { cwd: project.dir });
      await project.write('big.bin', randomBytes(60_000_000));
      await runMlo(['add', 'big.bin'], { cwd: project.dir });
      for (let round = 0; round < 4; round += 1) {
        const { child, done } = startMlo(['push'], { cwd: project.dir });
        const timer = setTimeout(() => child.kill('SIGKILL'), 150 + round * 120);
        await done;
        clearTimeout(timer);
      }
      const push = await runMlo(['push', '--json'], { cwd: project.dir });
      expect(push.exitCode, push.stderr).toBe(0);
      rmSync(join(project.dir, 'big.bin'));
      rmSync(join(project.dir, '.mlo/store'), { recursive: true });
      const pull = await runMlo(['pull'], { cwd: project.dir });
      expect(pull.exitCode, pull.stderr).toBe(0);
      const store = openStore({ dir: joinPath(project.dir, '.mlo/store') });
      expect(await store.has(contentIdOf(readFileSync(join(project.dir, 'big.bin'))))).toBe(true);
    } finally {
      rmSync(remote, { recursive: true, force: true });
    }
  });
});

describe('two mlo at once', () => {
  it('add side by side: both succeed', async () => {
    const project = await testProject();
    for (let i = 0; i < 40; i += 1) await project.write(`d${i % 4}/f${i}`, `content ${i}`);
    const all = await Promise.all([0, 1, 2, 3].map((i) => runMlo(['add', `d${i}`], { cwd: project.dir })));
    expect(all.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    expect((await runMlo(['status', '--exit-code'], { cwd: project.dir })).exitCode).toBe(0);
    expect(await checkStore(project.dir)).toBeGreaterThan(0);
  });
});
