import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.env/', import.meta.url));

/**
 * A Python program from PyPI in a virtual environment of its own below bench/.env.
 * @param {string} name
 * @returns {{bin: string, version: string} | {skipped: string}}
 */
export function pythonPeer(name) {
  const folder = `${FOLDER}${name}`;
  const bin = `${folder}/bin/${name}`;
  if (!existsSync(bin)) {
    const problem =
      tryRun('python3', ['-m', 'venv', folder]) ?? tryRun(`${folder}/bin/pip`, ['install', '--quiet', name]);
    if (problem !== undefined) return { skipped: `${name} cannot be installed: ${problem}` };
  }
  const asked = spawnSync(bin, ['--version'], { encoding: 'utf8' });
  if (asked.status !== 0) return { skipped: `${name} does not start: ${asked.stderr.trim()}` };
  return { bin, version: asked.stdout.trim() };
}

function tryRun(file, args) {
  const ran = spawnSync(file, args, { encoding: 'utf8' });
  if (ran.status === 0) return undefined;
  return ran.error?.message ?? ran.stderr.trim().split('\n').at(-1);
}
