import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MLO_BIN, PACKAGE_DIR } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

type Block =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'console'; readonly text: string };

interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

/** Fenced blocks of a page: `title=NAME` is a file to write, `console` a session to replay. */
function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)(?: title=(\S+))?\n([\s\S]*?)^```$/gm)].flatMap(
    ([, language, title, text = '']): Block[] => {
      if (title !== undefined) return [{ kind: 'file', name: title, text }];
      return language === 'console' ? [{ kind: 'console', text }] : [];
    },
  );
}

function stepsOf(text: string): Step[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), expected: [] });
    else steps.at(-1)?.expected.push(line);
  }
  return steps;
}

/** `…` inside a line stands for anything; a line of its own for any lines. */
function patternOf(expected: readonly string[]): RegExp {
  const lines = expected.map((line) =>
    line.trim() === '…'
      ? '(?:[^\\n]*\\n)*?'
      : `${line
          .split('…')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('[^\\n]*')}\\n`,
  );
  return new RegExp(`^${lines.join('')}$`);
}

describe('docs/tutorial/first-steps.md', () => {
  it('does what it says, from the first command to the last', { timeout: 180_000 }, async () => {
    const dir = await tempDir();
    const bin = join(dir, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'mlo'), `#!/bin/sh\nexec "${process.execPath}" "${MLO_BIN}" "$@"\n`);
    await chmod(join(bin, 'mlo'), 0o755);
    const env = {
      PATH: `${bin}:${process.env.PATH ?? ''}`,
      HOME: dir,
      TZ: 'UTC',
      GIT_CONFIG_SYSTEM: '/dev/null',
    };
    let cwd: string = dir;
    const blocks = blocksOf(await readFile(join(PACKAGE_DIR, 'docs/tutorial/first-steps.md'), 'utf8'));
    expect(blocks.length).toBeGreaterThan(10);
    for (const block of blocks) {
      if (block.kind === 'file') {
        await writeFile(join(cwd, block.name), block.text);
        continue;
      }
      for (const { command, expected } of stepsOf(block.text)) {
        const target = /^cd (\S+)$/.exec(command)?.[1];
        if (target !== undefined) {
          cwd = join(cwd, target);
          continue;
        }
        const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { cwd, env });
        // A command shown without output may print what it likes.
        if (expected.length > 0)
          expect(stdout, `$ ${command}\n${stdout}${stderr}`).toMatch(patternOf(expected));
      }
    }
  });
});
