import { execFileSync, spawn } from 'node:child_process';
import type * as FsPromises from 'node:fs/promises';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createFileExclusive, writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { bundleWorker } from '../../support/bundle-worker.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** The call of node:fs that fails next, and how. */
const failing = vi.hoisted(() => ({ call: '', code: '' }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FsPromises>();
  const failure = (call: string): void => {
    if (failing.call === call)
      throw Object.assign(new Error(`${failing.code}: injected`), { code: failing.code });
  };
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      failure('open');
      const handle = await real.open(...args);
      return new Proxy(handle, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name, target);
          if (typeof member !== 'function') return member;
          return (...values: unknown[]): unknown => {
            failure(String(name));
            return member.apply(target, values);
          };
        },
      });
    },
    rename: async (...args: Parameters<typeof real.rename>) => {
      failure('rename');
      await real.rename(...args);
    },
  };
});

beforeEach(() => {
  failing.call = '';
});

async function target(): Promise<{ dir: AbsolutePath; path: AbsolutePath }> {
  const dir = await tempDir();
  return { dir, path: join(dir, 'target.txt') as AbsolutePath };
}

describe('writeFileAtomic', () => {
  test('writes, makes missing folders, replaces, and leaves nothing else behind', async () => {
    const { dir } = await target();
    const path = join(dir, 'a/b/c.txt') as AbsolutePath;
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new Uint8Array([116, 119, 111]));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(dir, 'a/b'))).toEqual(['c.txt']);
  });

  test('gives the file the mode asked for', async () => {
    const { path } = await target();
    await writeFileAtomic(path, '#!/bin/sh\n', { mode: 0o700 });
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['open', 'ENOSPC', 'MLO_DISK_FULL'],
    ['writeFile', 'ENOSPC', 'MLO_DISK_FULL'],
    ['writeFile', 'EDQUOT', 'MLO_DISK_FULL'],
    ['sync', 'EIO', 'MLO_IO'],
    ['rename', 'EROFS', 'MLO_READ_ONLY'],
    ['open', 'EACCES', 'MLO_NO_PERMISSION'],
  ])('a failing %s (%s) leaves the old content and no temporary file', async (call, errno, code) => {
    const { dir, path } = await target();
    await writeFile(path, 'old');
    failing.call = call;
    failing.code = errno;
    await expect(writeFileAtomic(path, 'new')).rejects.toMatchObject({
      code,
      kind: 'failed',
      message: expect.stringContaining(path),
    });
    failing.call = '';
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(dir)).toEqual(['target.txt']);
    await writeFileAtomic(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  test('a file where a folder should be is named', async () => {
    const { path } = await target();
    await writeFile(path, '');
    await expect(writeFileAtomic(join(path, 'below') as AbsolutePath, 'x')).rejects.toMatchObject({
      code: 'MLO_NOT_A_FOLDER',
    });
  });

  test('a folder in place of the file is named and kept', async () => {
    const { path } = await target();
    await mkdir(path);
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({ code: 'MLO_IS_A_FOLDER' });
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  test('writers at the same time: the file is one of theirs, whole', async () => {
    const { dir, path } = await target();
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(dir)).toEqual(['target.txt']);
  });

  test('kill -9 at any moment leaves a whole file', async () => {
    const { dir, path } = await target();
    const worker = await bundleWorker(`
      import { writeFileAtomic } from '#foundation/atomic-file.ts';
      const [path, letters] = process.argv.slice(2);
      for (let i = 0; ; i += 1) {
        await writeFileAtomic(path, letters[i % letters.length].repeat(300_000));
        process.stdout.write('.');
      }`);
    for (const killAfter of [1, 2, 5, 11]) {
      const child = spawn(process.execPath, [worker, path, 'ab'], { stdio: ['ignore', 'pipe', 'inherit'] });
      let written = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        written += chunk.length;
        if (written >= killAfter) child.kill('SIGKILL');
      });
      await new Promise((resolve) => child.on('close', resolve));
      const content = await readFile(path, 'utf8');
      expect(content.length).toBe(300_000);
      expect(new Set(content).size).toBe(1);
    }
    // What a kill leaves is recognisable by its name.
    const left = (await readdir(dir)).filter((name) => name !== 'target.txt');
    for (const name of left) expect(name).toMatch(/^\.mlo-tmp-\d+-[0-9a-f]{12}-target\.txt$/);
  });

  test.runIf(process.getuid?.() !== 0)('a folder without write permission is named', async () => {
    const { dir, path } = await target();
    await chmod(dir, 0o500);
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({ code: 'MLO_NO_PERMISSION' });
    await chmod(dir, 0o700);
  });
});

describe('createFileExclusive', () => {
  test('of many at once exactly one creates the file, with its whole content', async () => {
    const { dir, path } = await target();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => createFileExclusive(path, `by ${i}`)),
    );
    const winners = outcomes.flatMap((won, i) => (won ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(`by ${winners[0]}`);
    expect(await readdir(dir)).toEqual(['target.txt']);
  });

  test('works between processes', async () => {
    const { path } = await target();
    const worker = await bundleWorker(`
      import { createFileExclusive } from '#foundation/atomic-file.ts';
      process.stdout.write(String(await createFileExclusive(process.argv[2], 'x')));`);
    expect(execFileSync(process.execPath, [worker, path], { encoding: 'utf8' })).toBe('true');
    expect(execFileSync(process.execPath, [worker, path], { encoding: 'utf8' })).toBe('false');
  });
});
