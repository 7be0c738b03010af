import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_DIR } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The ten-minute tour of a README: the longest block of shell commands. */
function tourOf(file: string): string {
  const blocks = [...readFileSync(join(PACKAGE_DIR, file), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, text = '']) => text).toSorted((a, b) => b.length - a.length)[0] ?? '';
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Commands only: a comment may be in any language. */
function commandsOf(tour: string): string {
  return tour.replaceAll(/\s+#.*$/gm, '').replaceAll(/ -m "[^"]*"| --reason "[^"]*"/g, '');
}

describe('README.md', () => {
  it('says the same in both languages', () => {
    expect(commandsOf(tourOf('README.zh-CN.md'))).toBe(commandsOf(tourOf('README.md')));
  });

  it('its ten-minute tour works word for word', async () => {
    const dir = await tempDir();
    const port = String(await freePort());
    const prefix = join(dir, 'prefix');
    mkdirSync(prefix);
    execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', dir], { cwd: PACKAGE_DIR });
    // Drift found (3) is an answer, not a failure; everything else must end with 0.
    const script = `set -e\n${tourOf('README.md')}`
      .replaceAll('/mnt/share/ml', join(dir, 'share'))
      .replaceAll('8080', port)
      .replace(/^(mlo serve .*) &$/m, '$1 & server=$!')
      .replace(/^(mlo drift check [^\n]*)$/m, '$1 || [ $? -eq 3 ]');
    const { status, stdout, stderr } = spawnSync('bash', ['-c', `${script}\nkill $server; wait $server`], {
      cwd: dir,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env: {
        ...process.env,
        PATH: `${join(prefix, 'bin')}:${process.env.PATH ?? ''}`,
        npm_config_prefix: prefix,
        XDG_DATA_HOME: join(dir, 'data-home'),
        GIT_AUTHOR_NAME: 'Reader',
        GIT_AUTHOR_EMAIL: 'reader@example.org',
        GIT_COMMITTER_NAME: 'Reader',
        GIT_COMMITTER_EMAIL: 'reader@example.org',
      },
    });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain('"probability"');
    expect(stdout).toMatch(/\d+ edges verified/);
  });
});
