import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '#cli/exit-codes.ts';
import { reportError } from '#cli/report-error.ts';
import { makeTheme } from '#cli/ui/theme.ts';
import { MloError, type ErrorKind } from '#foundation/errors.ts';

const PLAIN = makeTheme(false);

describe('an error of mlo', () => {
  test('is one message, a hint, and the same as data', () => {
    const error = new MloError('not-found', 'MLO_NO_SUCH_RUN', 'no run "x"', {
      hint: 'mlo runs list',
      details: { run: 'x' },
    });
    expect(reportError(error, PLAIN, false)).toEqual({
      exitCode: 12,
      text: 'error: no run "x"\n  hint: mlo runs list\n',
      json: { code: 'MLO_NO_SUCH_RUN', message: 'no run "x"', hint: 'mlo runs list', details: { run: 'x' } },
    });
  });

  test('names paths of the project in its hint as they are typed where one stands', () => {
    const error = new MloError('conflict', 'MLO_X', 'a/b lies inside a', {
      hint: ['mlo add ', { path: 'a' }, ', or mlo pull ', { path: 'a/b' }],
    });
    expect(error.hint).toBe('mlo add a, or mlo pull a/b');
    const reported = reportError(error, PLAIN, false, (path) => `../${path}`);
    expect(reported.text).toBe('error: a/b lies inside a\n  hint: mlo add ../a, or mlo pull ../a/b\n');
    expect(reported.json.hint).toBe('mlo add ../a, or mlo pull ../a/b');
    expect(reportError(new MloError('failed', 'MLO_X', 'x'), PLAIN, false).json.hint).toBeNull();
  });

  test('shows its cause only when asked, and never a stack', () => {
    const error = new MloError('failed', 'MLO_X', 'outer', { cause: new Error('inner') });
    expect(reportError(error, PLAIN, false).text).toBe('error: outer\n');
    expect(reportError(error, PLAIN, true).text).toBe('error: outer\n  cause: inner\n');
  });

  test('never shows a secret', () => {
    const secret = 'hunter2hunter2';
    const error = new MloError('remote', 'MLO_X', `https://u:${secret}@h failed`, {
      hint: `set AWS_SECRET_ACCESS_KEY=${secret}`,
      cause: new Error(`Bearer ${secret}`),
    });
    const { text, json } = reportError(error, PLAIN, true);
    expect(text + JSON.stringify(json)).not.toContain(secret);
  });
});

describe('an error of the system', () => {
  const system = (code: string, path?: string): Error =>
    Object.assign(new Error(`${code}: text`), { code, ...(path === undefined ? {} : { path }) });

  test('is no bug, wherever it struck', () => {
    const full = reportError(system('ENOSPC', '/p/.mlo/x'), PLAIN, false);
    expect(full).toMatchObject({ exitCode: 1, json: { code: 'MLO_DISK_FULL' } });
    expect(full.text).toContain('/p/.mlo/x');
    expect(reportError(system('EIO'), PLAIN, false)).toMatchObject({ exitCode: 1, json: { code: 'MLO_IO' } });
  });

  test('is a bug when mlo should have known better', () => {
    expect(reportError(system('EBADF'), PLAIN, false).exitCode).toBe(70);
  });
});

describe('a bug', () => {
  test.each([new TypeError('x is not a function'), 'a text', null])('%s ends with 70', (thrown) => {
    const reported = reportError(thrown, PLAIN, false);
    expect(reported.exitCode).toBe(70);
    expect(reported.text).toContain('bug in mlo');
    expect(reported.json.code).toBe('MLO_BUG');
  });

  test('redacts its stack', () => {
    const error = new Error('at https://u:pw@h/x');
    expect(JSON.stringify(reportError(error, PLAIN, false))).not.toContain('u:pw');
  });
});

test('each kind of error has its exit code', () => {
  const expected: Record<ErrorKind, number> = {
    failed: 1,
    usage: 2,
    config: 2,
    'not-a-project': 10,
    locked: 11,
    'not-found': 12,
    conflict: 13,
    integrity: 14,
    auth: 15,
    remote: 16,
    child: 17,
    'missing-tool': 18,
    aborted: 130,
  };
  for (const [kind, code] of Object.entries(expected)) expect(exitCodeOf(kind as ErrorKind)).toBe(code);
  expect(exitCodeOf('aborted', 'SIGTERM')).toBe(143);
  expect(exitCodeOf('aborted', 'SIGINT')).toBe(130);
  expect(new Set(Object.values(EXIT)).size).toBe(Object.keys(EXIT).length);
});
