import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentId } from '#foundation/brands.ts';
import { contentIdOf } from '#foundation/hash.ts';
import type { TreeRow } from '#stores/cas/content-store.ts';
import { buildTree } from '#stores/cas/tree-build.ts';
import { decodeNode, encodeNode, nameProblem, type NodeEntry } from '#stores/cas/tree-node.ts';
import { walkTree } from '#stores/cas/tree-walk.ts';
import { compareUtf8, sortUtf8 } from '#stores/cas/utf8-order.ts';

const id = (text: string): ContentId => contentIdOf(text);
const fileName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((name) => nameProblem(name) === undefined);

function build(rows: readonly TreeRow[]): { root: ContentId; nodes: Map<ContentId, Buffer>; nfiles: number } {
  const nodes = new Map<ContentId, Buffer>();
  const tree = buildTree(rows, (node, bytes) => nodes.set(node, bytes));
  return { root: tree.id, nodes, nfiles: tree.nfiles };
}

function reader(nodes: ReadonlyMap<ContentId, Buffer>): (node: ContentId) => Buffer {
  return (node) => {
    const bytes = nodes.get(node);
    if (bytes === undefined) throw new Error(`no node ${node}`);
    return bytes;
  };
}

const row = (path: string, content = path): TreeRow => ({
  path,
  mode: 'file',
  size: content.length,
  id: id(content),
});

describe('order by UTF-8 bytes', () => {
  it('is the order of the encoded bytes, also above U+FFFF', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
        expect(Math.sign(compareUtf8(a, b))).toBe(bytes);
      }),
    );
    expect(sortUtf8(['\u{1f600}', '\uff21', 'a'])).toEqual(['a', '\uff21', '\u{1f600}']);
  });
});

describe('tree nodes', () => {
  it('decode to what was encoded, whatever the order of entries', () => {
    const entry = fc.record({
      name: fileName,
      mode: fc.constantFrom('file', 'exec', 'symlink', 'dir' as const),
      size: fc.maxSafeNat(),
      nfiles: fc.integer({ min: 0, max: 0xffff_ffff }),
      id: fc.string().map(id),
    });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: (e) => e.name, maxLength: 30 }), (entries) => {
        const bytes = encodeNode('names', entries);
        expect(encodeNode('names', entries.toReversed()).equals(bytes)).toBe(true);
        const decoded = decodeNode(bytes, contentIdOf(bytes));
        expect(decoded.entries).toEqual(entries.toSorted((a, b) => compareUtf8(a.name, b.name)));
      }),
    );
  });

  it('are refused when they are not canonical or hold unsafe names', () => {
    const entry = (name: string): NodeEntry => ({ name, mode: 'file', size: 1, nfiles: 1, id: id('x') });
    const refuse = (bytes: Buffer): void => {
      expect(() => decodeNode(bytes, contentIdOf(bytes))).toThrowError(
        expect.objectContaining({ code: 'MLO_BAD_TREE', kind: 'integrity' }),
      );
    };
    for (const name of ['..', '.', '', 'a/b', 'a\\b', 'a\0', '.git', '.MLO', 'x'.repeat(256)]) {
      refuse(encodeNode('names', [entry(name)]));
    }
    const good = encodeNode('names', [entry('a'), entry('b')]);
    refuse(good.subarray(0, -1));
    refuse(Buffer.concat([good, Buffer.from([0])]));
    refuse(encodeNode('names', [entry('a'), entry('a')]));
    const swapped = Buffer.from(good);
    swapped.write('c', swapped.indexOf('a', 12 + 47), 'latin1');
    refuse(swapped);
    refuse(encodeNode('buckets', [entry('a')]));
    refuse(encodeNode('names', [{ ...entry('a'), mode: 'bucket' }]));
    refuse(
      encodeNode(
        'names',
        Array.from({ length: 1025 }, (_, i) => entry(`n${i}`)),
      ),
    );
    const notUtf8 = encodeNode('names', [entry('abc')]);
    notUtf8[notUtf8.length - 1] = 0xff;
    refuse(notUtf8);
  });

  it('never decode to anything after a flipped bit without changing their id', () => {
    const bytes = encodeNode('names', [
      { name: 'a', mode: 'file', size: 3, nfiles: 1, id: id('x') },
      { name: 'b', mode: 'dir', size: 9, nfiles: 2, id: id('y') },
    ]);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(contentIdOf(flipped)).not.toBe(contentIdOf(bytes));
    }
  });
});

describe('trees', () => {
  it('unfold to the rows they were built from, in path order', () => {
    const path = fc.array(fileName, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 40 }), (paths) => {
        // A path cannot be a file and a folder at once.
        const files = paths.filter((a) => !paths.some((b) => b.startsWith(`${a}/`)));
        const rows = files.toSorted(compareUtf8).map((p) => row(p));
        const { root, nodes, nfiles } = build(rows);
        expect([...walkTree(root, reader(nodes))]).toEqual(rows);
        expect(nfiles).toBe(rows.length);
      }),
    );
  });

  it('keep empty folders and modes', () => {
    const rows: TreeRow[] = [
      { path: 'bin/run', mode: 'exec', size: 3, id: id('run') },
      { path: 'empty', mode: 'dir', size: 0, id: buildTree([]).id },
      { path: 'link', mode: 'symlink', size: 7, id: id('bin/run') },
    ];
    const { root, nodes } = build(rows);
    expect([...walkTree(root, reader(nodes))]).toEqual(rows);
  });

  it('split folders of more than 1,024 entries; one change rewrites a few small nodes', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `file-${String(i).padStart(6, '0')}`);
    const before = build(names.map((name) => row(name)));
    for (const bytes of before.nodes.values()) {
      expect(decodeNode(bytes, contentIdOf(bytes)).entries.length).toBeLessThanOrEqual(1024);
    }
    const after = build(names.map((name, i) => row(name, i === 777 ? 'changed' : name)));
    const fresh = [...after.nodes].filter(([node]) => !before.nodes.has(node));
    expect(fresh.length).toBeLessThanOrEqual(4);
    expect(fresh.reduce((sum, [, bytes]) => sum + bytes.length, 0)).toBeLessThan(150_000);
    expect([...walkTree(after.root, reader(after.nodes))]).toHaveLength(20_000);
  });

  // Computed by a separate Python program from the description of the format in tree-node.ts.
  it('have these ids for ever (format version 1)', () => {
    expect(buildTree([]).id).toBe('sha256:8464bc56be4e8b8a31254425c67deaa61b7cbd06e726d302e791937d8e17b2e8');
    expect(buildTree([row('a.txt', 'hello'), row('b/c.txt', 'world')]).id).toBe(
      'sha256:c79ae3e60866cef6d9ca42f518d346e88457d15fd336d7a90643d0840d816726',
    );
  });

  it('whose sums lie are refused', () => {
    const leaf = encodeNode('names', [{ name: 'x', mode: 'file', size: 5, nfiles: 1, id: id('x') }]);
    const bucket = encodeNode('buckets', [
      { name: '0', mode: 'bucket', size: 6, nfiles: 1, id: contentIdOf(leaf) },
    ]);
    const nodes = new Map([leaf, bucket].map((bytes) => [contentIdOf(bytes), bytes]));
    expect(() => [...walkTree(contentIdOf(bucket), reader(nodes))]).toThrow(/sums/);
  });
});
