import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testProject } from '../../support/project.ts';
import { runCli, type CliResult } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

interface Check {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly hint: string | null;
}

function checkNamed(result: CliResult, name: string): Check | undefined {
  return (result.json().result.checks as Check[]).find((check) => check.name === name);
}

test('outside a project: the machine alone, exit 0', async () => {
  const dir = await tempDir();
  const result = await runCli(['doctor', '--json'], { cwd: dir });
  expect(result.exitCode).toBe(0);
  expect(checkNamed(result, 'node')).toMatchObject({
    status: 'ok',
    message: `Node.js ${process.versions.node}`,
  });
  expect(checkNamed(result, 'git')).toMatchObject({ status: 'ok' });
  expect(checkNamed(result, 'sqlite')).toMatchObject({ status: 'ok' });
  expect(['ok', 'warn']).toContain(checkNamed(result, 'onnx engine')?.status);
  expect(checkNamed(result, 'project')).toMatchObject({ status: 'ok', message: `${dir} is in no project` });
});

test('a healthy project: every file of it is looked at', async () => {
  const project = await testProject();
  const result = await runCli(['doctor'], { cwd: project.dir });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  for (const name of ['project', 'mlo.yaml', 'store', 'index', 'database']) {
    expect(result.stdout).toMatch(new RegExp(`^ok +${name} `, 'm'));
  }
});

test('broken configuration: line and column, exit 1, the other checks still made', async () => {
  const project = await testProject('version: 1\ncore:\n  jbos: 3\n');
  const result = await runCli(['doctor', '--json'], { cwd: project.dir });
  expect(result.exitCode).toBe(1);
  expect(result.json()).toMatchObject({ ok: true, result: { healthy: false } });
  expect(checkNamed(result, 'project')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('.mlo/config.yaml:3:3: unknown configuration key "core.jbos"'),
  });
  expect(checkNamed(result, 'git')).toMatchObject({ status: 'ok' });
});

test('a broken mlo.yaml, a store of a newer mlo and a damaged database are each named', async () => {
  const project = await testProject();
  await project.write('mlo.yaml', 'stages:\n  - x\n');
  await project.write('.mlo/store/format', 'mlo-store 99\n');
  await project.write('.mlo/mlo.db', 'this is no database '.repeat(100));
  const result = await runCli(['doctor', '--json'], { cwd: project.dir });
  expect(result.exitCode).toBe(1);
  expect(checkNamed(result, 'mlo.yaml')).toMatchObject({
    status: 'fail',
    message: expect.stringMatching(/mlo\.yaml:\d+:\d+/),
  });
  expect(checkNamed(result, 'store')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('99'),
  });
  expect(checkNamed(result, 'database')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('mlo.db'),
  });
});

test('without git: fails and says what to install', async () => {
  const dir = await tempDir();
  const result = await runCli(['doctor', '--json'], { cwd: dir, env: { PATH: await tempDir() } });
  expect(result.exitCode).toBe(1);
  expect(checkNamed(result, 'git')).toMatchObject({
    status: 'fail',
    hint: expect.stringContaining('install'),
  });
});

test('--fix reports a failed step, goes on with the next and ends with 1', async () => {
  const dir = await tempDir();
  const tools = await tempDir();
  const data = await tempDir();
  await mkdir(tools, { recursive: true });
  await writeFile(join(tools, 'npm'), '#!/bin/sh\necho "npm error registry unreachable"; exit 1\n', {
    mode: 0o755,
  });
  await writeFile(join(tools, 'git'), '#!/bin/sh\necho git version 2.0\n', { mode: 0o755 });
  const result = await runCli(['doctor', '--fix', '--json'], {
    cwd: dir,
    env: { PATH: `${tools}:/bin`, XDG_DATA_HOME: data },
  });
  const fixes = result.json().result.fixes as { name: string; status: string; message: string }[];
  expect(fixes.map((fix) => fix.name)).toEqual(['onnxruntime-node', 'better-sqlite3']);
  const [onnx] = fixes;
  // In the development tree onnxruntime-node may load already; then there is nothing to install.
  if (onnx?.status === 'not-needed') expect(onnx.message).toContain('it loads from');
  else
    expect(onnx).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('registry unreachable'),
    });
  const failed = fixes.some((fix) => fix.status === 'failed');
  expect(result.exitCode).toBe(failed ? 1 : 0);
});

test('--remote asks each remote and says which one does not answer', async () => {
  const folder = await tempDir();
  const project = await testProject(`version: 1
remotes:
  good:
    url: ${folder}
  bad:
    url: s3://bucket/prefix
    endpoint_url: http://127.0.0.1:1
    region: us-east-1
`);
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'hunter2hunter2' };
  const result = await runCli(['doctor', '--remote', '--json'], { cwd: project.dir, env });
  expect(checkNamed(result, 'remote good')).toMatchObject({ status: 'ok' });
  expect(checkNamed(result, 'remote bad')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('s3://bucket/prefix'),
  });
  expect(result.exitCode).toBe(1);
  expect(result.stdout).not.toContain('hunter2');
  const without = await runCli(['doctor', '--json'], { cwd: project.dir, env });
  expect(checkNamed(without, 'remote good')).toBeUndefined();
});
