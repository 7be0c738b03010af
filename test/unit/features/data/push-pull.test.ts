import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RepoPath } from '#foundation/brands.ts';
import { contentIdOf, hexOf } from '#foundation/hash.ts';
import { joinPath } from '#foundation/paths.ts';
import { encodePointer } from '#formats/pointer.ts';
import {
  addPaths,
  addRemote,
  checkoutPaths,
  dataStatus,
  fetchData,
  listRemotes,
  pullData,
  pushData,
  storePath,
} from '#features/data/index.ts';
import { openStore } from '#stores/cas/open-store.ts';
import { RECORD } from '#stores/cas/pack-format.ts';
import { PackWriter } from '#stores/cas/pack-writer.ts';
import { encodeNode } from '#stores/cas/tree-node.ts';
import { encodeRemoteIndex } from '#stores/cas/remote/remote-index.ts';
import { testProject, type TestProject } from '../../../support/project.ts';
import { tempDir } from '../../../support/temp-dir.ts';

async function pair(): Promise<{ a: TestProject; b: TestProject; remote: string }> {
  const remote = await tempDir();
  const config = `version: 1\nremotes:\n  origin:\n    url: ${remote}\n`;
  return { a: await testProject(config), b: await testProject(config), remote };
}

const add = (project: TestProject, ...paths: string[]): ReturnType<typeof addPaths> =>
  addPaths({ project: project.open(), cwd: project.dir, paths });

/** What Git would bring over. */
function copyPointers(from: TestProject, to: TestProject, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(to.dir, path)), { recursive: true });
    cpSync(join(from.dir, `${path}.mlo`), join(to.dir, `${path}.mlo`));
  }
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('push and pull', () => {
  it('bring small, middle and large files and folders over, byte for byte', async () => {
    const { a, b, remote } = await pair();
    await a.write('small', 'tiny');
    await a.write('empty', '');
    await a.write('middle', randomBytes(3_000_000));
    await a.write('large', randomBytes(21_000_001));
    for (let i = 0; i < 1200; i += 1) await a.write(`d/f${i}`, `content ${i}`);
    const names = ['small', 'empty', 'middle', 'large', 'd'];
    await add(a, ...names);
    const pushed = await pushData({ project: a.open() });
    expect(pushed).toMatchObject({ remote: 'origin', items: 5, upToDate: false });
    for (const pack of filesBelow(join(remote, 'v1/packs'))) {
      expect(hexOf(contentIdOf(readFileSync(pack)))).toBe(basename(pack));
      expect(statSync(pack).size).toBeLessThan(64 * 1024 * 1024);
    }
    copyPointers(a, b, ...names);
    const pulled = await pullData({ project: b.open() });
    expect(pulled.checkout.items.map(({ change }) => change)).toEqual(Array<string>(5).fill('created'));
    for (const name of ['small', 'empty', 'middle', 'large', 'd/f77']) {
      expect(readFileSync(join(b.dir, name)).equals(readFileSync(join(a.dir, name))), name).toBe(true);
    }
    expect((await dataStatus({ project: b.open() })).dirty).toBe(false);
    expect(readdirSync(join(b.dir, '.mlo/store/tmp'))).toEqual([]);
  });

  it('do nothing the second time, and say so', async () => {
    const { a, remote } = await pair();
    await a.write('f', 'x');
    await add(a, 'f');
    await pushData({ project: a.open() });
    const before = filesBelow(remote).toSorted();
    expect(await pushData({ project: a.open() })).toMatchObject({ upToDate: true, packs: 0, bytes: 0 });
    expect(filesBelow(remote).toSorted()).toEqual(before);
    expect(await pullData({ project: a.open() })).toMatchObject({
      upToDate: true,
      objects: 0,
      checkout: { filesWritten: 0 },
    });
  });

  it('send only what is new: an appended large file sends its last chunks', async () => {
    const { a } = await pair();
    await a.write('large', randomBytes(20_000_000));
    await add(a, 'large');
    await pushData({ project: a.open() });
    appendFileSync(join(a.dir, 'large'), 'one more line\n');
    await add(a, 'large');
    const second = await pushData({ project: a.open() });
    expect(second.bytes).toBeLessThan(4 * 1024 * 1024 + 10_000);
    expect(second.bytes).toBeGreaterThan(0);
  });

  it('never send what was not asked for', async () => {
    const { a, remote } = await pair();
    await a.write('public', 'public words');
    await a.write('secret', 'secret words');
    await add(a, 'public', 'secret');
    await pushData({ project: a.open(), paths: ['public'] });
    for (const file of filesBelow(remote)) expect(readFileSync(file).includes('secret words')).toBe(false);
  });

  it('carry items of mlo.lock like pointers', async () => {
    const { a, b } = await pair();
    await a.write('out/model.bin', 'weights');
    const extra = [await storePath({ project: a.open(), path: 'out' as RepoPath })];
    await pushData({ project: a.open(), extra });
    await pullData({ project: b.open(), extra });
    expect(readFileSync(join(b.dir, 'out/model.bin'), 'utf8')).toBe('weights');
  });

  it('continue after an interruption: packs and chunks that arrived are kept', async () => {
    const { a, b, remote } = await pair();
    await a.write('large', randomBytes(40_000_000));
    await add(a, 'large');
    await pushData({ project: a.open() });
    // A push killed before its index: the packs are there, nothing names them.
    rmSync(join(remote, 'v1/index'), { recursive: true });
    expect(await pushData({ project: a.open() })).toMatchObject({ packs: 0, bytes: 0, upToDate: false });
    copyPointers(a, b, 'large');
    const id = (await add(a, 'large')).items[0]!.id;
    const part = join(b.dir, '.mlo/store/tmp', `part-${hexOf(id)}`);
    mkdirSync(dirname(part), { recursive: true });
    writeFileSync(part, readFileSync(join(a.dir, 'large')).subarray(0, 30_000_000));
    let received = 0;
    await fetchData({
      project: b.open(),
      report: (event) => void (event.type === 'progress' && (received = event.done)),
    });
    expect(received).toBeLessThan(16_000_000);
    await checkoutPaths({ project: b.open() });
    expect(readFileSync(join(b.dir, 'large')).equals(readFileSync(join(a.dir, 'large')))).toBe(true);
  });

  it('keep what arrived when they are stopped', async () => {
    const { a, b } = await pair();
    for (let i = 0; i < 30; i += 1) await a.write(`d/f${i}`, randomBytes(900_000));
    await add(a, 'd');
    await pushData({ project: a.open() });
    copyPointers(a, b, 'd');
    const stop = new AbortController();
    const first = fetchData({
      project: b.open(),
      jobs: 1,
      signal: stop.signal,
      report: (event) => void (event.type === 'progress' && event.done > 9_000_000 && stop.abort('SIGINT')),
    });
    await expect(first).rejects.toMatchObject({ kind: 'aborted' });
    let received = 0;
    await fetchData({
      project: b.open(),
      report: (event) => void (event.type === 'progress' && (received = event.done)),
    });
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(20_000_000);
  });

  it('repair a damaged local object from the remote', async () => {
    const { a } = await pair();
    await a.write('f', 'the good content');
    await add(a, 'f');
    await pushData({ project: a.open() });
    const pack = filesBelow(join(a.dir, '.mlo/store/packs')).find((name) => name.endsWith('.pack'))!;
    const bytes = readFileSync(pack);
    bytes[bytes.indexOf('good')] = 0x62;
    chmodSync(pack, 0o644);
    writeFileSync(pack, bytes);
    rmSync(join(a.dir, 'f'));
    await expect(checkoutPaths({ project: a.open() })).rejects.toMatchObject({ code: 'MLO_OBJECT_CORRUPT' });
    expect(existsSync(join(a.dir, 'f'))).toBe(false);
    await pullData({ project: a.open() });
    expect(readFileSync(join(a.dir, 'f'), 'utf8')).toBe('the good content');
  });

  it('refuse to push a damaged object', async () => {
    const { a, remote } = await pair();
    await a.write('large', randomBytes(9_000_000));
    const { items } = await add(a, 'large');
    const hex = hexOf(items[0]!.id);
    const object = join(a.dir, '.mlo/store/loose', hex.slice(0, 2), hex.slice(2));
    chmodSync(object, 0o644);
    const bytes = readFileSync(object);
    bytes[8_000_000] = (bytes[8_000_000] ?? 0) ^ 1;
    writeFileSync(object, bytes);
    await expect(pushData({ project: a.open() })).rejects.toMatchObject({ code: 'MLO_OBJECT_CORRUPT' });
    expect(existsSync(join(remote, 'v1/index'))).toBe(false);
  });
});

describe('a remote that is damaged or hostile', () => {
  const damage = (file: string, at: (bytes: Buffer) => number): void => {
    const bytes = readFileSync(file);
    const place = at(bytes);
    bytes[place] = (bytes[place] ?? 0) ^ 0x10;
    chmodSync(file, 0o644);
    writeFileSync(file, bytes);
  };

  it('a flipped byte in a pack: the damaged file is named, the others arrive', async () => {
    const { a, b, remote } = await pair();
    await a.write('d/good', 'good content');
    await a.write('d/bad', 'this will break');
    await add(a, 'd');
    await pushData({ project: a.open() });
    damage(filesBelow(join(remote, 'v1/packs'))[0]!, (bytes) => bytes.indexOf('will'));
    copyPointers(a, b, 'd');
    await expect(pullData({ project: b.open() })).rejects.toMatchObject({
      code: 'MLO_OBJECT_CORRUPT',
      details: { ids: [contentIdOf('this will break')] },
    });
    expect(existsSync(join(b.dir, 'd'))).toBe(false);
    const store = openStore({ dir: joinPath(b.dir, '.mlo/store') });
    expect(await store.has(contentIdOf('good content'))).toBe(true);
    expect(await store.has(contentIdOf('this will break'))).toBe(false);
  });

  it('any flipped byte in an index object is an integrity error', async () => {
    const { a, b, remote } = await pair();
    await a.write('f', 'x');
    await add(a, 'f');
    await pushData({ project: a.open() });
    const index = filesBelow(join(remote, 'v1/index'))[0]!;
    const good = readFileSync(index);
    copyPointers(a, b, 'f');
    for (let at = 0; at < good.length; at += 7) {
      chmodSync(index, 0o644);
      writeFileSync(index, good);
      damage(index, () => at);
      await expect(fetchData({ project: b.open() })).rejects.toMatchObject({
        code: 'MLO_REMOTE_INDEX_CORRUPT',
      });
    }
  });

  it('an unknown remote format is refused by push and pull', async () => {
    const { a, remote } = await pair();
    await a.write('f', 'x');
    await add(a, 'f');
    mkdirSync(join(remote, 'v1'));
    writeFileSync(join(remote, 'v1/format'), 'mlo-remote 7\n');
    await expect(pushData({ project: a.open() })).rejects.toMatchObject({ code: 'MLO_REMOTE_FORMAT' });
    await expect(fetchData({ project: a.open() })).rejects.toMatchObject({ code: 'MLO_REMOTE_FORMAT' });
  });

  it.each(['../../escaped', '..', '.git', 'a/b'])('a tree with the name %j writes nothing', async (name) => {
    const { b, remote } = await pair();
    const evil = Buffer.from('evil');
    const node = encodeNode('names', [{ name, mode: 'file', size: 4, nfiles: 1, id: contentIdOf(evil) }]);
    await publish(remote, [
      [RECORD.file, evil],
      [RECORD.tree, node],
    ]);
    const pointer = { path: 'd', kind: 'dir', id: contentIdOf(node), size: 4, nfiles: 1 } as const;
    await b.write('d.mlo', encodePointer(pointer));
    await expect(pullData({ project: b.open() })).rejects.toMatchObject({
      code: 'MLO_BAD_TREE',
      kind: 'integrity',
    });
    expect(existsSync(join(b.dir, 'd'))).toBe(false);
    expect(existsSync(join(dirname(b.dir), 'escaped'))).toBe(false);
  });

  it('a link out of the folder, and names that differ only in case, are refused', async () => {
    const { b, remote } = await pair();
    const target = Buffer.from('../../../etc');
    const content = Buffer.from('x');
    const link = encodeNode('names', [
      { name: 'l', mode: 'symlink', size: 12, nfiles: 1, id: contentIdOf(target) },
    ]);
    const twins = encodeNode(
      'names',
      ['A', 'a'].map(
        (name) => ({ name, mode: 'file', size: 1, nfiles: 1, id: contentIdOf(content) }) as const,
      ),
    );
    await publish(remote, [
      [RECORD.file, target],
      [RECORD.file, content],
      [RECORD.tree, link],
      [RECORD.tree, twins],
    ]);
    await b.write(
      'd.mlo',
      encodePointer({ path: 'd', kind: 'dir', id: contentIdOf(link), size: 12, nfiles: 1 }),
    );
    await expect(pullData({ project: b.open() })).rejects.toMatchObject({ code: 'MLO_LINK_ESCAPES' });
    await b.write(
      'd.mlo',
      encodePointer({ path: 'd', kind: 'dir', id: contentIdOf(twins), size: 2, nfiles: 2 }),
    );
    await expect(pullData({ project: b.open() })).rejects.toMatchObject({ code: 'MLO_NAME_COLLISION' });
    expect(existsSync(join(b.dir, 'd'))).toBe(false);
  });

  it('an empty remote, an unknown one and none at all are told apart', async () => {
    const { a } = await pair();
    await a.write(
      'f.mlo',
      encodePointer({ path: 'f', kind: 'file', id: contentIdOf('x'), size: 1, nfiles: 1 }),
    );
    await expect(pullData({ project: a.open() })).rejects.toMatchObject({ code: 'MLO_REMOTE_EMPTY' });
    await expect(pullData({ project: a.open(), remote: 'nope' })).rejects.toMatchObject({
      code: 'MLO_NO_SUCH_REMOTE',
    });
    await expect(pushData({ project: a.open() })).rejects.toMatchObject({ code: 'MLO_OBJECT_MISSING' });
    const none = await testProject();
    await expect(pushData({ project: none.open() })).rejects.toMatchObject({ code: 'MLO_NO_REMOTE' });
  });
});

async function publish(
  remote: string,
  records: readonly (readonly [1 | 2 | 3 | 4, Buffer])[],
): Promise<void> {
  const writer = new PackWriter(joinPath(await tempDir(), 'pack'));
  for (const [type, bytes] of records) writer.add(type, contentIdOf(bytes), bytes);
  const { index, path } = writer.finish();
  const hex = hexOf(index.packId);
  const put = (key: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(join(remote, key)), { recursive: true });
    writeFileSync(join(remote, key), bytes);
  };
  put('v1/format', 'mlo-remote 1\nrequire packs\n');
  put(`v1/packs/${hex.slice(0, 2)}/${hex}`, readFileSync(path));
  const bytes = encodeRemoteIndex([index]);
  put(`v1/index/${hexOf(contentIdOf(bytes))}`, bytes);
}

describe('remotes', () => {
  it('are written into the configuration with its comments kept; the first is the default', async () => {
    const project = await testProject('version: 1\n# keep me\ncore:\n  jobs: 4 # and me\n');
    const base = { project: project.open(), cwd: project.dir };
    const added = await addRemote({
      ...base,
      name: 'origin',
      url: 's3://b/p',
      endpointUrl: 'http://127.0.0.1:9000',
    });
    expect(added).toMatchObject({ name: 'origin', isDefault: true });
    const text = readFileSync(join(project.dir, '.mlo/config.yaml'), 'utf8');
    expect(text).toBe(
      'version: 1\n# keep me\ncore:\n  jobs: 4 # and me\n  remote: origin\nremotes:\n  origin:\n    url: s3://b/p\n    endpoint_url: http://127.0.0.1:9000\n',
    );
  });

  it('refuse credentials, unknown kinds and double names', async () => {
    const project = await testProject('version: 1\nremotes:\n  origin:\n    url: /x\n');
    const base = { project: project.open(), cwd: project.dir, name: 'other' };
    await expect(addRemote({ ...base, url: 's3://key:secret@b/p' })).rejects.toMatchObject({
      code: 'MLO_CREDENTIALS_IN_URL',
    });
    await expect(addRemote({ ...base, url: 'ftp://b/p' })).rejects.toMatchObject({
      code: 'MLO_UNKNOWN_SCHEME',
    });
    await expect(addRemote({ ...base, name: 'origin', url: '/y' })).rejects.toMatchObject({
      code: 'MLO_REMOTE_EXISTS',
    });
    await expect(addRemote({ ...base, name: '../x', url: '/y' })).rejects.toMatchObject({
      code: 'MLO_BAD_REMOTE_NAME',
    });
    expect(await listRemotes(base)).toMatchObject([{ name: 'origin', url: '/x', isDefault: true }]);
  });
});
