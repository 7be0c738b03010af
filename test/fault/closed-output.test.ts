import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { testProject, type TestProject } from '../support/project.ts';
import { MLO_BIN, runMlo } from '../support/run-cli.ts';

const MLO = `'${process.execPath}' '${MLO_BIN}'`;

/** A shell line in the project; what it prints, and the exit code of mlo when the line writes it to `code`. */
async function shell(project: TestProject, line: string): Promise<{ stdout: string; stderr: string }> {
  return await promisify(execFile)('sh', ['-c', line], { cwd: project.dir });
}

describe('whoever reads stdout goes away', () => {
  test('a run goes on to its end and is recorded', async () => {
    const project = await testProject();
    // The command waits for the reader to be gone before it says more.
    const script =
      'echo first; until [ -e gone ]; do sleep 0.05; done; echo second; echo third; touch finished';
    const { stdout } = await shell(
      project,
      `(${MLO} run -n piped -- sh -c '${script}'; echo $? > code) | (head -1; exec <&-; touch gone)`,
    );
    expect(stdout).toBe('first\n');
    await expect.poll(() => existsSync(join(project.dir, 'code'))).toBe(true);
    expect(readFileSync(join(project.dir, 'code'), 'utf8')).toBe('0\n');
    expect(existsSync(join(project.dir, 'finished'))).toBe(true);
    const shown = (await runMlo(['runs', 'show', 'piped', '--json'], { cwd: project.dir })).json().result;
    expect(shown.status).toBe('FINISHED');
  });

  test('a list ends silently', async () => {
    const project = await testProject();
    const { stderr } = await shell(project, `${MLO} runs --help | true`);
    expect(stderr).toBe('');
  });
});

test.runIf(existsSync('/dev/full'))('stdout on a full disk is an error in words, not a success', async () => {
  const project = await testProject();
  const { stdout, stderr } = await shell(project, `${MLO} status > /dev/full; echo $?`);
  expect(stdout).toBe('1\n');
  expect(stderr).toMatch(/^error: the output could not be written: ENOSPC.*\n$/);
});
