import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '#cli/commands/index.ts';
import { EXIT, EXIT_MEANINGS } from '#cli/exit-codes.ts';
import { PACKAGE_DIR } from './support/run-cli.ts';

const visible = COMMANDS.filter((command) => !command.hidden);

test('docs/reference and THIRD-PARTY.md are what npm run docs writes', () => {
  expect(stalePages()).toBe('');
});

function stalePages(): string {
  try {
    return execFileSync(process.execPath, [join(PACKAGE_DIR, 'scripts/docs.mjs'), '--check'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

test('command names are unique words of lower case', () => {
  const paths = COMMANDS.map((command) => command.path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) expect(path).toMatch(/^(__)?[a-z]+( [a-z-]+)?$/);
});

test('every exit code has a meaning', () => {
  expect(Object.keys(EXIT_MEANINGS)).toEqual(Object.keys(EXIT));
});

describe.each(visible.map((command) => [command.path, command] as const))('mlo %s', (path, command) => {
  test('has a summary, an example and described arguments and options', () => {
    expect(command.summary).toMatch(/^[a-z].{9,80}$/);
    expect(command.summary).not.toMatch(/\.$/);
    expect(command.examples.length).toBeGreaterThan(0);
    expect(command.examples.some((example) => example.command.includes(`mlo ${path}`))).toBe(true);
    for (const spec of [...Object.values(command.args), ...Object.values(command.options)]) {
      expect(spec.description).toMatch(/^\S.{4,}$/);
    }
  });

  test('has a test of its --json', () => {
    const words = path.split(' ').join(`(?:',\\s*'|\\s+)`);
    const asked = new RegExp(`['"\`\\s]${words}\\b`);
    expect(TESTS.some(([, text]) => asked.test(text) && text.includes('--json'))).toBe(true);
  });
});

const TESTS = readdirSync(join(PACKAGE_DIR, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => [name, readFileSync(join(PACKAGE_DIR, 'test', name), 'utf8')] as const);
