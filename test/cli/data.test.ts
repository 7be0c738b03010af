import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { testProject } from '../support/project.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('data commands', () => {
  it('give hints that work in the folder they were asked in', async () => {
    const project = await testProject();
    await project.write('data/my set/a.csv', 'hello');
    await project.write('data/b.csv', 'hello');
    await project.write('notes/c.txt', '');
    const cwd = join(project.dir, 'notes');
    expect(await runCli(['add', '../data/my set'], { cwd })).toMatchObject({ exitCode: 0 });
    const overlap = await runCli(['add', '../data/my set/a.csv'], { cwd });
    expect(overlap).toMatchObject({ exitCode: 13, stdout: '' });
    expect(overlap.stderr).toContain("\n  hint: mlo add '../data/my set'\n");
    project.git('add', 'data/b.csv');
    const inGit = await runCli(['-C', 'data', 'add', 'b.csv', '--json'], { cwd: project.dir });
    expect(inGit.json().error).toMatchObject({ code: 'MLO_IN_GIT', hint: 'git rm -r --cached b.csv' });
  });

  it('go from add to a pull in another clone', async () => {
    const project = await testProject();
    const remote = await tempDir();
    const mlo = (...argv: string[]): ReturnType<typeof runCli> => runCli(argv, { cwd: project.dir });
    expect((await mlo('status')).stdout).toBe('nothing is versioned yet: mlo add <path>\n');
    await project.write('data/a.csv', 'hello');
    const added = await mlo('add', 'data/a.csv');
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    expect(added.stdout).toBe('new  data/a.csv  5 B\n\nnext:\n  git add data/a.csv.mlo data/.gitignore\n');
    expect((await mlo('status', '--exit-code')).exitCode).toBe(0);
    expect((await mlo('remote', 'add', 'origin', remote)).stdout).toBe(
      `remote origin  ${remote}  (default)\n`,
    );
    expect((await mlo('remote', 'list')).stdout).toMatch(/^origin {2}.*default\n$/);
    expect((await mlo('push')).stdout).toMatch(/^pushed 1 object, \d+ B in 1 pack to origin\n$/);
    expect((await mlo('push')).stdout).toBe('origin has everything already (1 path)\n');
    rmSync(join(project.dir, '.mlo/store'), { recursive: true });
    rmSync(join(project.dir, 'data/a.csv'));
    const status = await mlo('status', '--exit-code');
    expect(status.exitCode).toBe(3);
    expect(status.stdout).toMatch(/not-in-store {2}data\/a\.csv/);
    expect((await mlo('checkout')).exitCode).toBe(12);
    expect((await mlo('pull')).stdout).toMatch(
      /^fetched 1 object, 5 B from origin\ncreated {2}data\/a\.csv\n$/,
    );
    expect((await mlo('pull')).stdout).toBe('nothing to fetch from origin\nworkspace up to date\n');
  });

  it('print paths as they are typed where the command was called, quoted for a shell', async () => {
    const project = await testProject();
    await project.write('data/a b.csv', 'hello');
    const inside = { cwd: join(project.dir, 'data') };
    const added = await runCli(['add', 'a b.csv'], inside);
    expect(added.stdout).toBe("new  a b.csv  5 B\n\nnext:\n  git add 'a b.csv.mlo' .gitignore\n");
    await project.write('data/a b.csv', 'other');
    expect((await runCli(['status'], inside)).stdout).toMatch(/^ {2}modified +a b\.csv$/m);
    expect((await runCli(['status'], { cwd: project.dir })).stdout).toMatch(
      /^ {2}modified +data\/a b\.csv$/m,
    );
    const json = (await runCli(['status', '--json'], inside)).json();
    expect(json).toMatchObject({ result: { data: [{ path: 'data/a b.csv' }] } });
  });

  it('say null under --json where there is no value', async () => {
    const project = await testProject();
    await runCli(['remote', 'add', 'origin', '../remote'], { cwd: project.dir });
    expect((await runCli(['remote', 'list', '--json'], { cwd: project.dir })).json()).toEqual({
      ok: true,
      result: {
        remotes: [
          {
            name: 'origin',
            url: '../remote',
            endpointUrl: null,
            region: null,
            profile: null,
            isDefault: true,
          },
        ],
      },
    });
  });

  it('give exit codes that tell what went wrong', async () => {
    const project = await testProject();
    await project.write('d/a', 'a');
    const mlo = (...argv: string[]): ReturnType<typeof runCli> =>
      runCli([...argv, '--json'], { cwd: project.dir });
    expect((await mlo('add', 'nothing')).exitCode).toBe(12);
    expect((await mlo('push')).exitCode).toBe(2);
    await mlo('add', 'd');
    expect((await mlo('add', 'd/a')).exitCode).toBe(13);
    await project.write('d/a', 'unsaved');
    const refused = await mlo('checkout');
    expect(refused.exitCode).toBe(13);
    expect(refused.json().error).toMatchObject({ code: 'MLO_UNSAVED_DATA', details: { paths: ['d/a'] } });
    expect((await mlo('checkout', '--force')).json().result).toMatchObject({ filesWritten: 1 });
    await project.write('bad.mlo', 'size: [');
    expect((await mlo('status')).exitCode).toBe(2);
    expect((await runCli(['status'], { cwd: await tempDir() })).exitCode).toBe(10);
  });
});
