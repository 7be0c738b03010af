import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '#cli/load-config.ts';
import type { Config } from '#formats/config/config.ts';
import { projectPaths } from '#foundation/paths.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('flag over environment over local file over project file over mlo.yaml over user file over default', async () => {
  const root = await tempDir();
  const home = await tempDir();
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  const env: Record<string, string> = { HOME: home };
  const load = (lockTimeoutMs?: number): Config =>
    loadConfig({ env, lockTimeoutMs, paths: projectPaths(root) });
  const seen = (config: Config): readonly [number, string] => [
    config.get('core.lock_timeout'),
    config.originOf('core.lock_timeout'),
  ];
  const text = (seconds: number): string => `core:\n  lock_timeout: ${seconds}\n`;

  expect(seen(load())).toEqual([-1, 'default']);
  await write(join(home, '.config/mlo/config.yaml'), text(1));
  expect(seen(load())).toEqual([1, join(home, '.config/mlo/config.yaml')]);
  await write(join(root, 'mlo.yaml'), `stages: {}\nconfig:\n  core:\n    lock_timeout: 2\n`);
  expect(seen(load())).toEqual([2, 'mlo.yaml']);
  await write(join(root, '.mlo/config.yaml'), text(3));
  expect(seen(load())).toEqual([3, '.mlo/config.yaml']);
  await write(join(root, '.mlo/config.local.yaml'), text(4));
  expect(seen(load())).toEqual([4, '.mlo/config.local.yaml']);
  env.MLO_LOCK_TIMEOUT = '5';
  expect(seen(load())).toEqual([5, 'environment']);
  expect(seen(load(6000))).toEqual([6, '--lock-timeout']);
});

test("somebody else's home folder is no configuration and no error", async () => {
  const root = await tempDir();
  await chmod(root, 0o755);
  const home = await tempDir();
  await mkdir(join(home, '.config/mlo'), { recursive: true });
  await writeFile(join(home, '.config/mlo/config.yaml'), 'core:\n  lock_timeout: 1\n');
  await chmod(home, 0o000);
  asNobody(() => {
    const config = loadConfig({ env: { HOME: home }, lockTimeoutMs: undefined, paths: projectPaths(root) });
    expect(config.get('core.lock_timeout')).toBe(-1);
  });
  await chmod(home, 0o755);
});

test('XDG_CONFIG_HOME moves the user file; a relative one is ignored as the specification says', async () => {
  const root = await tempDir();
  const xdg = await tempDir();
  await mkdir(join(xdg, 'mlo'));
  await writeFile(join(xdg, 'mlo/config.yaml'), 'core:\n  jobs: 7\n');
  const jobs = (value: string): number =>
    loadConfig({
      env: { HOME: root, XDG_CONFIG_HOME: value },
      lockTimeoutMs: undefined,
      paths: projectPaths(root),
    }).get('core.jobs');
  expect(jobs(xdg)).toBe(7);
  expect(jobs('relative')).toBe(0);
});
