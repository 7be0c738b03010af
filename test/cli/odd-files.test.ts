import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testProject } from '../support/project.ts';
import { runCli } from '../support/run-cli.ts';

describe('configuration files that are no files', () => {
  it('refuses a named pipe instead of waiting for a writer', async () => {
    const project = await testProject();
    execFileSync('mkfifo', [join(project.dir, 'mlo.yaml')]);
    const result = await runCli(['remote', 'list', '--json'], { cwd: project.dir });
    expect(result.exitCode).toBe(2);
    expect(result.json().error).toMatchObject({ code: 'MLO_UNREADABLE' });
    expect(result.json().error?.message).toContain('mlo.yaml is not a file');
  });

  it('names a folder in place of mlo.yaml', async () => {
    const project = await testProject();
    await mkdir(join(project.dir, 'mlo.yaml'));
    const result = await runCli(['remote', 'list', '--json'], { cwd: project.dir });
    expect(result.exitCode).toBe(1);
    expect(result.json().error?.message).toContain('mlo.yaml is a folder, a file was expected');
  });
});
