import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTable } from '#adapters/tables/open-table.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { tempDir } from '../../../support/temp-dir.ts';

async function jsonl(text: string): Promise<AbsolutePath> {
  const path = join(await tempDir(), 'data.jsonl') as AbsolutePath;
  await writeFile(path, text);
  return path;
}

describe('JSON lines', () => {
  it('finds columns and types over all lines; a missing key is null', async () => {
    const table = await openTable(
      await jsonl('{"a":1,"b":"x","c":true}\n\n{"b":null,"a":2.5,"d":"2001-01-01T00:00:00Z","e":[1]}\n'),
    );
    expect(table.rows).toBe(2);
    expect(table.columns).toEqual([
      { name: 'a', type: 'float' },
      { name: 'b', type: 'string' },
      { name: 'c', type: 'bool' },
      { name: 'd', type: 'datetime' },
      { name: 'e', type: 'string' },
    ]);
    for await (const batch of table.batches({ columns: ['e', 'c', 'd'] })) {
      expect(batch.columns).toEqual([
        { name: 'e', type: 'string', values: [null, '[1]'] },
        { name: 'c', type: 'bool', values: Float64Array.of(1, Number.NaN), nulls: Uint8Array.of(0, 1) },
        {
          name: 'd',
          type: 'datetime',
          values: Float64Array.of(Number.NaN, Date.UTC(2001, 0, 1)),
          nulls: Uint8Array.of(1, 0),
        },
      ]);
    }
  });

  it('keeps a column of mixed types as text', async () => {
    const table = await openTable(await jsonl('{"a":1}\n{"a":"one"}\n'));
    expect(table.columns).toEqual([{ name: 'a', type: 'string' }]);
    for await (const batch of table.batches()) expect(batch.columns[0]?.values).toEqual(['1', 'one']);
  });

  it('reads files longer than one piece', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `{"i":${i},"text":"${'x'.repeat(20)}é"}`);
    const table = await openTable(await jsonl(`${lines.join('\n')}\n`));
    let next = 0;
    for await (const batch of table.batches({ columns: ['i'] })) {
      expect(batch.start).toBe(next);
      for (const value of batch.columns[0]?.values ?? []) expect(value).toBe(next++);
    }
    expect(next).toBe(60_000);
  });

  it('names file and line of what is not an object', async () => {
    await expect(openTable(await jsonl('{"a":1}\n\n{"a":\n'))).rejects.toThrow(
      /data\.jsonl: line 3: not JSON/,
    );
    await expect(openTable(await jsonl('{"a":1}\n[1]\n'))).rejects.toThrow(
      /data\.jsonl: line 2: expected an object/,
    );
  });
});
