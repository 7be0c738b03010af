import { describe, expect, test } from 'vitest';
import { makeDisplay } from '#cli/ui/display.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '#cli/ui/format.ts';
import { renderTable } from '#cli/ui/table.ts';
import { displayWidth } from '#cli/ui/text-width.ts';
import { makeTheme } from '#cli/ui/theme.ts';

const PLAIN = makeTheme(false);

describe('numbers for people', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024, '10 KiB'],
    [3 * 1024 ** 3, '3.0 GiB'],
    [2000 * 1024 ** 4, '2000 TiB'],
  ])('%d bytes', (bytes, said) => expect(formatBytes(bytes)).toBe(said));

  test.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1500, '1.5 s'],
    [61_000, '1 min 1 s'],
    [3_725_000, '1 h 2 min'],
  ])('%d ms', (ms, said) => expect(formatDuration(ms)).toBe(said));

  test('other numbers', () => {
    expect(formatNumber(0.1 + 0.2)).toBe('0.3');
    expect(formatNumber(1 / 3)).toBe('0.333333');
    expect(formatNumber(3_000_000)).toBe('3000000');
    expect(formatNumber(Number.NaN)).toBe('NaN');
    expect(formatCount(1, 'file')).toBe('1 file');
    expect(formatCount(1234, 'file')).toBe('1,234 files');
    expect(formatCount(2, 'entry', 'entries')).toBe('2 entries');
  });
});

describe('tables', () => {
  test('align by what a terminal shows: Chinese counts two columns, colour none', () => {
    const red = makeTheme(true).bad('xy');
    const rows = [
      ['名称', '1'],
      [red, '22'],
      ['name', '333'],
    ];
    const lines = renderTable(rows, { theme: PLAIN, right: [1] }).split('\n');
    expect(lines.map(displayWidth)).toEqual([9, 9, 9, 0]);
    expect(lines[0]).toBe('名称    1');
  });

  test('have no trailing blanks and may have a head', () => {
    expect(renderTable([['a', 'b']], { theme: PLAIN, head: ['first', 'second'] })).toBe(
      'first  second\na      b\n',
    );
    expect(renderTable([], { theme: PLAIN })).toBe('');
  });
});

describe('the display', () => {
  function display(options: { live?: boolean; quiet?: boolean; json?: boolean }): {
    readonly out: () => string;
    readonly err: () => string;
    readonly at: (ms: number) => void;
    readonly report: ReturnType<typeof makeDisplay>['report'];
    readonly clear: () => void;
  } {
    let out = '';
    let err = '';
    let now = 0;
    const made = makeDisplay({
      writeErr: (text) => (err += text),
      writeOut: (text) => (out += text),
      theme: PLAIN,
      live: options.live ?? false,
      quiet: options.quiet ?? false,
      json: options.json ?? false,
      columns: 40,
      now: () => now,
    });
    return {
      out: () => out,
      err: () => err,
      at: (ms) => (now = ms),
      report: made.report,
      clear: () => made.clear(),
    };
  }

  test('progress appears after 200 ms on a terminal, fits its width and is cleared before other text', () => {
    const screen = display({ live: true });
    const progress = { type: 'progress', task: 'push', unit: 'bytes', total: 4096 } as const;
    screen.report({ ...progress, done: 0 });
    screen.at(199);
    screen.report({ ...progress, done: 1024 });
    expect(screen.err()).toBe('');
    screen.at(400);
    screen.report({ ...progress, done: 2048, detail: 'a-very-long-file-name-indeed.parquet' });
    expect(screen.err()).toMatch(/push: 2\.0 KiB\/4\.0 KiB · 50 %/);
    const shown = screen.err().split('\u001b[2K').at(-1) ?? '';
    expect(displayWidth(shown)).toBeLessThanOrEqual(39);
    screen.report({ type: 'step', message: 'next' });
    expect(screen.err().endsWith('\r\u001b[2Knext\n')).toBe(true);
  });

  test('without a terminal there is no progress, only steps; quiet leaves warnings', () => {
    const plain = display({});
    plain.report({ type: 'progress', task: 'push', unit: 'files', done: 1 });
    plain.report({ type: 'step', message: 'stage train' });
    expect(plain.err()).toBe('stage train\n');
    const quiet = display({ quiet: true });
    quiet.report({ type: 'step', message: 'stage train' });
    quiet.report({ type: 'warning', code: 'W', message: 'careful', hint: 'do this' });
    expect(quiet.err()).toBe('warning: careful\n  do this\n');
  });

  test("the user's output keeps its stream, but leaves stdout to the envelope under --json", () => {
    const event = { type: 'output', source: 'train', stream: 'stdout', chunk: 'epoch 1\n' } as const;
    const plain = display({});
    plain.report(event);
    plain.report({ ...event, stream: 'stderr', chunk: 'careful\n' });
    expect([plain.out(), plain.err()]).toEqual(['epoch 1\n', 'careful\n']);
    const json = display({ json: true });
    json.report(event);
    expect([json.out(), json.err()]).toEqual(['', 'epoch 1\n']);
  });

  test('what mlo says itself is redacted', () => {
    const screen = display({});
    screen.report({ type: 'step', message: 'push to https://u:secret@host' });
    expect(screen.err()).toBe('push to https://***@host\n');
  });
});
