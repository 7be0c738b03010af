import { describe, expect, test } from 'vitest';
import { sleep, throwIfAborted } from '#foundation/abort.ts';
import { isoTime } from '#foundation/clock.ts';
import { errnoOf, fromSystemError, messageOf, MloError } from '#foundation/errors.ts';
import { Limiter } from '#foundation/limiter.ts';

describe('stopping', () => {
  test('names the signal', () => {
    expect(() => throwIfAborted(undefined)).not.toThrow();
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
    expect(() => throwIfAborted(AbortSignal.abort('SIGTERM'))).toThrow(
      expect.objectContaining({ kind: 'aborted', message: 'stopped by SIGTERM' }),
    );
  });

  test('ends a sleep at once and leaves no listener behind', async () => {
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort('SIGINT');
    await expect(sleeping).rejects.toMatchObject({ kind: 'aborted' });
    await expect(sleep(1, AbortSignal.abort('SIGINT'))).rejects.toMatchObject({ kind: 'aborted' });
    await expect(sleep(0)).resolves.toBeUndefined();
  });
});

describe('Limiter', () => {
  test('never runs more than its limit and keeps the order of results', async () => {
    const limiter = new Limiter(3);
    let running = 0;
    let most = 0;
    const results = await limiter.map([5, 1, 4, 2, 3, 0], async (turns, index) => {
      running += 1;
      most = Math.max(most, running);
      for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return index;
    });
    expect(results).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(3);
  });

  test('a limit below one still lets one through', async () => {
    expect(await new Limiter(0).run(() => Promise.resolve(7))).toBe(7);
  });

  test('a failure rejects only when running tasks have settled, and later tasks still get their turn', async () => {
    const limiter = new Limiter(2);
    let settled = 0;
    const failing = limiter.map([1, 2, 3], async (n) => {
      await new Promise((resolve) => setImmediate(resolve));
      settled += 1;
      if (n === 1) throw new Error('first');
    });
    await expect(failing).rejects.toThrow('first');
    expect(settled).toBe(3);
    expect(await limiter.run(() => Promise.resolve('free'))).toBe('free');
  });
});

describe('system errors', () => {
  const system = (code: string): Error => Object.assign(new Error(`${code}: x`), { code });

  test('become messages about a path that a person can act on', () => {
    expect(fromSystemError(system('ENOSPC'), '/d/x')).toMatchObject({
      code: 'MLO_DISK_FULL',
      message: 'no space left on the disk while writing /d/x',
      hint: expect.stringContaining('run the same command again'),
    });
    expect(fromSystemError(system('EACCES'), '/d/x')).toMatchObject({ code: 'MLO_NO_PERMISSION' });
  });

  test('others are handed on unchanged', () => {
    const error = system('EWEIRD');
    expect(fromSystemError(error, '/d/x')).toBe(error);
    expect(fromSystemError('text', '/d/x')).toBe('text');
  });

  test('are told apart by their code', () => {
    expect(errnoOf(system('ENOENT'))).toBe('ENOENT');
    expect(errnoOf(new Error('x'))).toBeUndefined();
    expect(errnoOf(Object.assign(new Error('x'), { code: 7 }))).toBeUndefined();
    expect(messageOf('text')).toBe('text');
  });
});

test('an error keeps its cause and its plain details', () => {
  const cause = new Error('inner');
  const error = new MloError('remote', 'MLO_X', 'outer', { cause, hint: 'mlo doctor', details: { a: 1 } });
  expect(error).toMatchObject({
    name: 'MloError',
    message: 'outer',
    hint: 'mlo doctor',
    details: { a: 1 },
    cause,
  });
});

test('times in files are UTC', () => {
  expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z');
});
