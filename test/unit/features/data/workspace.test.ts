import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RepoPath } from '#foundation/brands.ts';
import {
  addPaths,
  checkoutPaths,
  dataStatus,
  idOf,
  idsOf,
  readPointers,
  restorePath,
  storePath,
  unsavedChanges,
  type DataState,
} from '#features/data/index.ts';
import { testProject, type TestProject } from '../../../support/project.ts';

const p = (path: string): RepoPath => path as RepoPath;

async function states(project: TestProject): Promise<Record<string, DataState>> {
  const { items } = await dataStatus({ project: project.open() });
  return Object.fromEntries(items.map((item) => [item.path, item.state]));
}

const add = (project: TestProject, ...paths: string[]): ReturnType<typeof addPaths> =>
  addPaths({ project: project.open(), cwd: project.dir, paths });

describe('add', () => {
  it('writes a pointer without time stamps and a .gitignore line, once', async () => {
    const project = await testProject();
    await project.write('data/a.csv', 'hello');
    const first = await add(project, 'data/a.csv');
    expect(first.items).toMatchObject([{ path: 'data/a.csv', change: 'new', size: 5, nfiles: 1 }]);
    expect(first.forGit).toEqual(['data/a.csv.mlo', 'data/.gitignore']);
    // sha256sum of "hello"
    const hello = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(readFileSync(join(project.dir, 'data/a.csv.mlo'), 'utf8')).toBe(
      `version: 1\npath: a.csv\nkind: file\nid: sha256:${hello}\nsize: 5\nnfiles: 1\n`,
    );
    expect(readFileSync(join(project.dir, 'data/.gitignore'), 'utf8')).toBe('/a.csv\n');
    const again = await add(project, 'data/a.csv');
    expect(again).toMatchObject({ items: [{ change: 'unchanged' }], forGit: [] });
    await project.write('data/a.csv', 'changed');
    expect(await add(project, 'data/a.csv')).toMatchObject({
      items: [{ change: 'modified' }],
      forGit: ['data/a.csv.mlo'],
    });
    expect(project.git('status', '--porcelain', '-uall')).not.toContain('a.csv\n');
  });

  it('takes folders and patterns; leaves pointers and hidden files out of patterns', async () => {
    const project = await testProject();
    await project.write('data/x/1.txt', '1');
    await project.write('data/x/deep/2.txt', '2');
    await project.write('data/a.csv', 'a');
    await project.write('data/b.csv', 'b');
    await project.write('data/.hidden.csv', 'h');
    await add(project, 'data/x', 'data/*.csv');
    const again = await add(project, 'data/*.csv');
    expect(again.items.map((item) => [item.path, item.change])).toEqual([
      ['data/a.csv', 'unchanged'],
      ['data/b.csv', 'unchanged'],
    ]);
    const pointers = await readPointers({ project: project.open() });
    expect(pointers.map((found) => [found.path, found.kind, found.nfiles])).toEqual([
      ['data/a.csv', 'file', 1],
      ['data/b.csv', 'file', 1],
      ['data/x', 'dir', 2],
    ]);
    await expect(add(project, 'data/*.nothing')).rejects.toMatchObject({ code: 'MLO_NO_SUCH_PATH' });
  });

  it('refuses what cannot be versioned, with a hint', async () => {
    const project = await testProject();
    await project.write('data/in/f', 'f');
    await project.write('code.py', 'print()');
    project.git('add', 'code.py');
    await add(project, 'data/in');
    symlinkSync('in', join(project.dir, 'data/link'));
    symlinkSync('/tmp', join(project.dir, 'out'));
    mkdirSync(join(project.dir, 'clash'));
    await project.write('clash/Data.csv', '1');
    await project.write('clash/data.csv', '2');
    const refused: Record<string, string> = {
      'data/in/f': 'MLO_OVERLAP',
      data: 'MLO_OVERLAP',
      'data/in.mlo': 'MLO_ADD_POINTER',
      'data/link': 'MLO_ADD_LINK',
      'data/link/f': 'MLO_LINK_IN_PATH',
      'code.py': 'MLO_IN_GIT',
      clash: 'MLO_NAME_COLLISION',
      '.mlo/config.yaml': 'MLO_UNSAFE_PATH',
      '../elsewhere': 'MLO_NO_SUCH_PATH',
      '.': 'MLO_OUTSIDE_PROJECT',
      'no-such-file': 'MLO_NO_SUCH_PATH',
    };
    for (const [path, code] of Object.entries(refused)) {
      await expect(add(project, path), path).rejects.toMatchObject({ code });
    }
    await expect(add(project, 'code.py')).rejects.toMatchObject({ hint: 'git rm -r --cached code.py' });
    expect((await readPointers({ project: project.open() })).map(({ path }) => path)).toEqual(['data/in']);
  });

  it('can be done twice at once', async () => {
    const project = await testProject();
    for (let i = 0; i < 20; i += 1) await project.write(`d/f${i}`, `content ${i % 5}`);
    const many = Array.from({ length: 4 }, (_, i) => add(project, 'd/f1', `d/f${i + 2}`));
    await Promise.all(many);
    expect(Object.values(await states(project))).toEqual(Array<string>(5).fill('unchanged'));
    const lines = readFileSync(join(project.dir, 'd/.gitignore'), 'utf8').trim().split('\n');
    expect(lines.toSorted()).toEqual(['/f1', '/f2', '/f3', '/f4', '/f5']);
  });
});

describe('status', () => {
  it('tells new, modified and deleted files of a folder, and missing content', async () => {
    const project = await testProject();
    for (const name of ['a', 'b', 'c']) await project.write(`d/${name}`, name);
    await project.write('gone.bin', 'x');
    await project.write('same.bin', 'same');
    await add(project, 'd', 'gone.bin', 'same.bin');
    await project.write('d/b', 'B');
    await project.write('d/e/new', 'new');
    rmSync(join(project.dir, 'd/c'));
    rmSync(join(project.dir, 'gone.bin'));
    const { items, dirty } = await dataStatus({ project: project.open(), files: true });
    expect(dirty).toBe(true);
    expect(items.map(({ path, state }) => [path, state])).toEqual([
      ['d', 'modified'],
      ['gone.bin', 'deleted'],
      ['same.bin', 'unchanged'],
    ]);
    expect(items[0]?.files).toEqual([
      { path: 'd/b', state: 'modified' },
      { path: 'd/c', state: 'deleted' },
      { path: 'd/e/new', state: 'new' },
    ]);
    rmSync(join(project.dir, '.mlo/store'), { recursive: true });
    expect(await states(project)).toEqual({
      d: 'modified',
      'gone.bin': 'not-in-store',
      'same.bin': 'not-in-store',
    });
  });

  it('sees a change of the same size with the old modification time', async () => {
    const project = await testProject();
    await project.write('f', 'one');
    await add(project, 'f');
    const { atime, mtime } = statSync(join(project.dir, 'f'));
    await project.write('f', 'two');
    utimesSync(join(project.dir, 'f'), atime, mtime);
    expect(await states(project)).toEqual({ f: 'modified' });
  });

  it('works with a damaged index, and repairs it', async () => {
    const project = await testProject();
    await project.write('d/a', 'a');
    await add(project, 'd');
    const index = join(project.dir, '.mlo/index');
    const bytes = readFileSync(index);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(index, bytes);
    expect(await states(project)).toEqual({ d: 'unchanged' });
    expect(readFileSync(index).equals(bytes)).toBe(false);
  });

  it('does not look into ignored folders, nor fail on a half-written project', async () => {
    const project = await testProject();
    await project.write('.gitignore', '/scratch/\n*.tmpdir\n');
    await project.write('scratch/x.mlo', 'rubbish');
    await project.write('a/b.tmpdir/x.mlo', 'rubbish');
    await project.write('node_modules/x.mlo', 'rubbish');
    expect(await states(project)).toEqual({});
    await project.write('bad.mlo', 'version: 1\npath: bad\n<<<<<<< HEAD\nid: 1\n=======\nid: 2\n>>>>>>> b\n');
    await expect(states(project)).rejects.toMatchObject({ code: 'MLO_POINTER_CONFLICT' });
  });
});

describe('checkout', () => {
  it('goes back and forth between two versions, touching only what differs', async () => {
    const project = await testProject();
    for (let i = 0; i < 30; i += 1) await project.write(`d/f${i}`, `v1 ${i}`);
    await add(project, 'd');
    const first = readFileSync(join(project.dir, 'd.mlo'), 'utf8');
    const untouched = statSync(join(project.dir, 'd/f3'));
    await project.write('d/f7', 'v2');
    await project.write('d/sub/new', 'v2');
    rmSync(join(project.dir, 'd/f9'));
    await add(project, 'd');
    await project.write('d.mlo', first);
    const back = await checkoutPaths({ project: project.open() });
    expect(back).toMatchObject({ items: [{ change: 'updated' }], filesWritten: 2, filesRemoved: 1 });
    expect(readFileSync(join(project.dir, 'd/f9'), 'utf8')).toBe('v1 9');
    expect(existsSync(join(project.dir, 'd/sub'))).toBe(false);
    expect(statSync(join(project.dir, 'd/f3')).ino).toBe(untouched.ino);
    expect(await checkoutPaths({ project: project.open() })).toMatchObject({
      filesWritten: 0,
      items: [{ change: 'unchanged' }],
    });
    expect(await states(project)).toEqual({ d: 'unchanged' });
  });

  it('never loses data that is saved nowhere, unless forced', async () => {
    const project = await testProject();
    await project.write('d/a', 'a');
    await project.write('f', 'f');
    await add(project, 'd', 'f');
    await project.write('d/a', 'precious');
    await project.write('d/extra', 'precious too');
    rmSync(join(project.dir, 'f'));
    await expect(checkoutPaths({ project: project.open() })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'MLO_UNSAVED_DATA',
      details: { paths: ['d/a', 'd/extra'] },
    });
    expect(existsSync(join(project.dir, 'f'))).toBe(false);
    expect(readFileSync(join(project.dir, 'd/a'), 'utf8')).toBe('precious');
    expect(await unsavedChanges({ project: project.open(), paths: [p('d')] })).toEqual(['d/a', 'd/extra']);
    await checkoutPaths({ project: project.open(), force: true });
    expect(await states(project)).toEqual({ d: 'unchanged', f: 'unchanged' });
    expect(existsSync(join(project.dir, 'd/extra'))).toBe(false);
  });

  it('changes a file into a folder and back', async () => {
    const project = await testProject();
    await project.write('x', 'I am a file');
    await add(project, 'x');
    const asFile = readFileSync(join(project.dir, 'x.mlo'), 'utf8');
    rmSync(join(project.dir, 'x'));
    await project.write('x/y/z', 'I am a folder');
    await add(project, 'x');
    const asFolder = readFileSync(join(project.dir, 'x.mlo'), 'utf8');
    await project.write('x.mlo', asFile);
    await checkoutPaths({ project: project.open() });
    expect(readFileSync(join(project.dir, 'x'), 'utf8')).toBe('I am a file');
    await project.write('x.mlo', asFolder);
    await checkoutPaths({ project: project.open() });
    expect(readFileSync(join(project.dir, 'x/y/z'), 'utf8')).toBe('I am a folder');
    expect(await states(project)).toEqual({ x: 'unchanged' });
  });

  it('does not write through a link that took the place of a folder', async () => {
    const project = await testProject();
    await project.write('d/sub/f', 'data');
    await add(project, 'd');
    mkdirSync(join(project.dir, 'elsewhere'));
    renameSync(join(project.dir, 'd/sub'), join(project.dir, 'moved'));
    symlinkSync('../elsewhere', join(project.dir, 'd/sub'));
    await checkoutPaths({ project: project.open(), force: true });
    expect(lstatSync(join(project.dir, 'd/sub')).isDirectory()).toBe(true);
    expect(existsSync(join(project.dir, 'elsewhere/f'))).toBe(false);
  });

  it('says which object is missing before it touches anything', async () => {
    const project = await testProject();
    await project.write('a', 'a');
    await add(project, 'a');
    rmSync(join(project.dir, '.mlo/store'), { recursive: true });
    rmSync(join(project.dir, 'a'));
    await expect(checkoutPaths({ project: project.open() })).rejects.toMatchObject({
      kind: 'not-found',
      code: 'MLO_OBJECT_MISSING',
      hint: 'mlo pull',
    });
    await expect(checkoutPaths({ project: project.open(), paths: ['b'] })).rejects.toMatchObject({
      code: 'MLO_NOT_TRACKED',
    });
  });

  it('completes an interrupted one at the next change, but not over new data', async () => {
    const project = await testProject();
    await project.write('d/a', 'one');
    await project.write('e', 'one');
    const old = await add(project, 'd', 'e');
    await project.write('d/a', 'two');
    await add(project, 'd');
    await project.write('e', 'unsaved');
    const items = old.items.map(({ path, kind, id }) => ({ path, kind, id }));
    await project.write('.mlo/journal/restore-999999999-aa.json', JSON.stringify({ version: 1, items }));
    expect((await dataStatus({ project: project.open() })).interrupted).toBe(true);
    const told: string[] = [];
    await project.write('other', 'x');
    await addPaths({
      project: project.open(),
      cwd: project.dir,
      paths: ['other'],
      report: (event) => void ('message' in event && told.push(event.message)),
    });
    expect(readFileSync(join(project.dir, 'd/a'), 'utf8')).toBe('one');
    expect(readFileSync(join(project.dir, 'e'), 'utf8')).toBe('unsaved');
    expect(told.join('\n')).toMatch(/completed the interrupted checkout of d\n.*e could not be completed/);
    expect((await dataStatus({ project: project.open() })).interrupted).toBe(false);
  });
});

describe('content of paths', () => {
  it('is the same for files and folders whether stored or only looked at', async () => {
    const project = await testProject();
    await project.write('src/a.py', 'a');
    await project.write('src/pkg/b.py', 'b');
    const open = project.open();
    const [dir, file, none] = await idsOf({ project: open, paths: [p('src'), p('src/a.py'), p('nothing')] });
    expect(dir).toMatchObject({ kind: 'dir', nfiles: 2, size: 2 });
    expect(file).toMatchObject({ kind: 'file', size: 1 });
    expect(none).toBeUndefined();
    expect(await storePath({ project: open, path: p('src') })).toEqual({ path: 'src', ...dir });
    await project.write('src/pkg/b.py', 'c');
    const changed = await idOf({ project: open, path: p('src') });
    expect(changed?.id).not.toBe(dir?.id);
    symlinkSync('src/a.py', join(project.dir, 'link.py'));
    expect(await idOf({ project: open, path: p('link.py') })).toEqual(file);
    await expect(storePath({ project: open, path: p('link.py') })).rejects.toMatchObject({
      code: 'MLO_ADD_LINK',
    });
    await expect(storePath({ project: open, path: p('nothing') })).rejects.toMatchObject({
      code: 'MLO_NO_SUCH_PATH',
    });
    await expect(
      restorePath({ project: open, path: p('src'), kind: 'dir', id: dir!.id }),
    ).rejects.toMatchObject({ code: 'MLO_UNSAVED_DATA' });
    const done = await restorePath({ project: open, path: p('src'), kind: 'dir', id: dir!.id, force: true });
    expect(done).toEqual({ filesWritten: 1, filesRemoved: 0 });
    expect(await idOf({ project: open, path: p('src') })).toEqual(dir);
  });

  it('of a folder follows changes made through its parts', async () => {
    const project = await testProject();
    await project.write('d/x/f', '1');
    const open = project.open();
    const before = await idOf({ project: open, path: p('d') });
    await project.write('d/x/f', '2');
    await idOf({ project: open, path: p('d/x/f') });
    await idOf({ project: open, path: p('d/x') });
    const after = await idOf({ project: open, path: p('d') });
    expect(after?.id).not.toBe(before?.id);
    await project.write('d/x/f', '1');
    expect((await idOf({ project: open, path: p('d') }))?.id).toBe(before?.id);
  });

  it('of an empty folder is one id, and it can be restored', async () => {
    const project = await testProject();
    mkdirSync(join(project.dir, 'empty'));
    const { items } = await add(project, 'empty');
    expect(items).toMatchObject([{ kind: 'dir', size: 0, nfiles: 0 }]);
    rmSync(join(project.dir, 'empty'), { recursive: true });
    await checkoutPaths({ project: project.open() });
    expect(statSync(join(project.dir, 'empty')).isDirectory()).toBe(true);
    expect(await states(project)).toEqual({ empty: 'unchanged' });
  });
});
