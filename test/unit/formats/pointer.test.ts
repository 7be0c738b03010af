import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentIdOf } from '#foundation/hash.ts';
import { parseYaml } from '#formats/yaml.ts';
import { encodePointer, parsePointer, type Pointer } from '#formats/pointer.ts';

const id = contentIdOf('x');
const good = `version: 1\npath: a.csv\nkind: file\nid: ${id}\nsize: 1\nnfiles: 1\n`;

describe('pointer', () => {
  it('is read back as it was written, and is plain YAML', () => {
    const pointer = fc.record<Pointer>({
      path: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      kind: fc.constantFrom('file', 'dir'),
      id: fc.string().map((text) => contentIdOf(text)),
      size: fc.nat({ max: 2 ** 45 }),
      nfiles: fc.nat(),
    });
    fc.assert(
      fc.property(pointer, (value) => {
        const text = encodePointer(value);
        expect(parsePointer(text, 'x.mlo')).toEqual(value);
        expect(parseYaml(text, 'x.mlo').value).toEqual({ version: 1, ...value });
      }),
    );
  });

  it.each([
    'true',
    'null',
    '1e3',
    '12:30',
    '- x',
    '*a',
    'a: b',
    '#c',
    ' x',
    "it's",
    '数据.csv',
    '0x1f',
    'no',
  ])('keeps the name %j', (path) => {
    const pointer: Pointer = { path, kind: 'dir', id, size: 0, nfiles: 0 };
    expect(parsePointer(encodePointer(pointer), 'x.mlo').path).toBe(path);
  });

  it('may be edited by hand: order, comments, quotes', () => {
    const text = `# mine\nnfiles: 1\nsize: 1\nid: "${id}"\nkind: file\npath: 'a.csv'\nversion: 1`;
    expect(parsePointer(text, 'a.csv.mlo')).toEqual(parsePointer(good, 'a.csv.mlo'));
  });

  it.each([
    [good.replace('size: 1', 'size: -1'), /a\.csv\.mlo:5:7: "size"/],
    [good.replace('kind: file', 'kind: link'), /a\.csv\.mlo:3:7: "kind"/],
    [good.replace('sha256:', 'md5:'), /a\.csv\.mlo:4:5: "id"/],
    [good.replace('version: 1', 'version: 2'), /a\.csv\.mlo:1:10: expected "version: 1", found 2/],
    [`${good}extra: 1\n`, /a\.csv\.mlo:7:1: unknown key "extra"/],
    [good.replace('size: 1\n', ''), /"size"/],
    ['', /expected the keys/],
    ['- a\n- b\n', /expected the keys/],
    ['version: 1\n  path: [', /a\.csv\.mlo:\d+:\d+/],
  ])('says where %j is wrong', (text, message) => {
    expect(() => parsePointer(text, 'a.csv.mlo')).toThrowError(message);
  });

  it('names a Git merge conflict as such', () => {
    const text = good.replace(
      `id: ${id}\n`,
      `<<<<<<< HEAD\nid: ${id}\n=======\nid: ${contentIdOf('y')}\n>>>>>>> other\n`,
    );
    expect(() => parsePointer(text, 'a.csv.mlo')).toThrowError(
      expect.objectContaining({
        code: 'MLO_POINTER_CONFLICT',
        message: expect.stringContaining('a.csv.mlo:4'),
      }),
    );
  });
});
