import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanRecords } from '#adapters/tables/csv-scan.ts';
import { numberOf } from '#adapters/tables/csv-values.ts';
import { openTable } from '#adapters/tables/open-table.ts';
import type { Column, Table } from '#adapters/tables/table.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { tempDir } from '../../../support/temp-dir.ts';

async function csv(text: string | Uint8Array, name = 'data.csv'): Promise<AbsolutePath> {
  const path = join(await tempDir(), name) as AbsolutePath;
  await writeFile(path, text);
  return path;
}

async function read(table: Table, columns?: string[]): Promise<Record<string, unknown[]>> {
  const result: Record<string, unknown[]> = {};
  for await (const batch of table.batches({ columns })) {
    for (const column of batch.columns) (result[column.name] ??= []).push(...plain(column));
  }
  return result;
}

function plain(column: Column): unknown[] {
  if (column.type === 'string') return [...column.values];
  return [...column.values].map((value, i) => (column.nulls?.[i] === 1 ? null : value));
}

const types = (table: Table): Record<string, string> =>
  Object.fromEntries(table.columns.map((column) => [column.name, column.type]));

describe('CSV types', () => {
  it('finds the narrowest type that loses nothing', async () => {
    const table = await openTable(
      await csv(
        'i,f,b,d,t,s,zip,big,empty\n' +
          '1,1.5,true,2001-01-31,2001-01-31T23:59:30Z,x,00501,12345678901234567,\n' +
          '-2,2,False,2001-02-01,2001-02-01 01:00:00+01:00,"1",10001,1,\n',
      ),
    );
    expect(types(table)).toEqual({
      i: 'int',
      f: 'float',
      b: 'bool',
      d: 'datetime',
      t: 'datetime',
      s: 'string',
      zip: 'string',
      big: 'string',
      empty: 'string',
    });
    expect(table.rows).toBe(2);
    expect(await read(table)).toEqual({
      i: [1, -2],
      f: [1.5, 2],
      b: [1, 0],
      d: [Date.UTC(2001, 0, 31), Date.UTC(2001, 1, 1)],
      t: [Date.UTC(2001, 0, 31, 23, 59, 30), Date.UTC(2001, 1, 1)],
      s: ['x', '1'],
      zip: ['00501', '10001'],
      big: ['12345678901234567', '1'],
      empty: [null, null],
    });
  });

  it('lets a late value widen a column without losing what came before', async () => {
    const many = Array.from({ length: 200_000 }, (_, i) => `${i},0${i % 10}`).join('\n');
    const table = await openTable(await csv(`a,b\n${many}\n1.25,x\nNA,y\n`));
    expect(types(table)).toEqual({ a: 'float', b: 'string' });
    const { a, b } = await read(table);
    expect(a?.slice(-3)).toEqual([199_999, 1.25, null]);
    expect(b?.slice(0, 2)).toEqual(['00', '01']);
  });

  it('keeps words for null as text in a text column, and reads them as null in a column of numbers', async () => {
    const table = await openTable(await csv('country,n\nNA,1\nDE,NA\n,\n"",null\n'));
    expect(await read(table)).toEqual({ country: ['NA', 'DE', null, ''], n: [1, null, null, null] });
  });

  it('reads NaN and infinities as numbers, not as nulls', async () => {
    const table = await openTable(await csv('x\n1\nnan\n-inf\nInfinity\n'));
    expect(await read(table)).toEqual({ x: [1, Number.NaN, -Infinity, Infinity] });
  });

  it('takes a date that does not exist for text', async () => {
    expect(types(await openTable(await csv('d\n2001-02-29\n')))).toEqual({ d: 'string' });
  });

  it('reads every decimal to the nearest double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const bytes = Buffer.from(String(value));
        expect(numberOf(bytes, 0, bytes.length)).toBe(value);
      }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.integer({ min: 0, max: 9 }),
        (digits, places) => {
          const text = (digits / 10 ** places).toFixed(places);
          expect(numberOf(Buffer.from(text), 0, text.length)).toBe(Number(text));
        },
      ),
    );
  });
});

describe('CSV syntax', () => {
  it('reads quotes, doubled quotes, line breaks in quotes, CRLF and a byte-order mark', async () => {
    const table = await openTable(
      await csv('\uFEFFname,note\r\n"Ann, B","said ""hi""\r\nand left"\r\n\r\nBo,\r\n'),
    );
    expect(await read(table)).toEqual({
      name: ['Ann, B', 'Bo'],
      note: ['said "hi"\r\nand left', null],
    });
  });

  it('reads a last line without an end, and CR line ends', async () => {
    expect(await read(await openTable(await csv('a,b\n1,2\n3,')))).toEqual({ a: [1, 3], b: [2, null] });
    expect(await read(await openTable(await csv('a,b\r1,2\r3,4')))).toEqual({ a: [1, 3], b: [2, 4] });
  });

  it('finds semicolons and tabs by the header line', async () => {
    expect(await read(await openTable(await csv('a;b\n1;2\n')))).toEqual({ a: [1], b: [2] });
    expect(await read(await openTable(await csv('a\tb\n1\t2,5\n', 'data.tsv')))).toEqual({
      a: [1],
      b: ['2,5'],
    });
  });

  it('gives the asked-for columns in the asked-for order', async () => {
    const table = await openTable(await csv('a,b,c\n1,2,3\n'));
    expect(Object.keys(await read(table, ['c', 'a']))).toEqual(['c', 'a']);
    await expect(read(table, ['z'])).rejects.toMatchObject({ code: 'MLO_NO_COLUMN', kind: 'not-found' });
  });

  it('gives a table without rows for a header alone', async () => {
    const table = await openTable(await csv('a,b\n'));
    expect(table.rows).toBe(0);
    expect(await read(table)).toEqual({});
  });

  it('gives the same records however the bytes arrive', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', '7', ',', '"', '\n', '\r', 'é', '漢', ' '),
      maxLength: 6,
    });
    const records = fc.array(fc.array(field, { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 9 }), async (rows, chunkBytes) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        const path = await csv(text);
        const seen: string[][] = [];
        const scan = { path, delimiter: 0x2c, width: 0, signal: undefined, chunkBytes };
        for await (const block of scanRecords(scan)) {
          for (let r = 0; r < block.records; r += 1) {
            seen.push(
              Array.from({ length: block.width }, (_, c) => {
                const i = r * block.width + c;
                return block.bytes.toString('utf8', block.starts[i], block.ends[i]).replaceAll('""', '"');
              }),
            );
          }
        }
        expect(seen).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });
});

describe('bad CSV', () => {
  const cases: [string, string | Uint8Array, RegExp][] = [
    ['a ragged row', 'a,b\n1,2\n"x\ny",2\n1,2,3\n', /data\.csv: line 5 has 3 fields, the header has 2/],
    ['a quote that never closes', 'a,b\n1,2\n"x,2\n3,4\n', /data\.csv: line 3: .*never closes/],
    ['text after a quote', 'a,b\n"x"y,2\n', /data\.csv: line 2: text after a closing quote/],
    ['two columns of one name', 'a,a\n1,2\n', /line 1: two columns are called "a"/],
    ['an empty file', '', /is empty/],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0, 0x0a, 0]), /UTF-16/],
  ];
  it.each(cases)('names file and line for %s', async (_name, text, message) => {
    const path = await csv(text);
    await expect(openTable(path)).rejects.toThrow(message);
    await expect(openTable(path)).rejects.toMatchObject({ code: 'MLO_BAD_TABLE', kind: 'failed' });
  });

  it('refuses unknown endings, missing files and folders in one sentence', async () => {
    await expect(openTable(await csv('a\n1\n', 'data.xlsx'))).rejects.toMatchObject({
      code: 'MLO_UNKNOWN_FORMAT',
    });
    const dir = await tempDir();
    await expect(openTable(join(dir, 'no.csv') as AbsolutePath)).rejects.toMatchObject({
      code: 'MLO_NO_FILE',
      kind: 'not-found',
    });
    await expect(openTable(dir)).rejects.toMatchObject({ code: 'MLO_IS_A_FOLDER' });
  });

  it('stops when asked to', async () => {
    const path = await csv('a\n1\n');
    await expect(openTable(path, { signal: AbortSignal.abort('SIGINT') })).rejects.toMatchObject({
      kind: 'aborted',
    });
  });
});
