import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { absolutePath, checkedRepoPath, projectPaths, repoPath } from '#foundation/paths.ts';

const ROOT = '/srv/project' as AbsolutePath;

describe('a path on the command line', () => {
  test('becomes one relative to the project', () => {
    expect(repoPath(ROOT, absolutePath('/srv/project/data', '../models/a.onnx'))).toBe('models/a.onnx');
    expect(repoPath(ROOT, absolutePath(ROOT, 'data/..data'))).toBe('data/..data');
  });

  test.each(['/srv/project', '/srv', '/srv/project2/x', '/srv/project/../x', '/'])(
    'outside the project is refused: %s',
    (path) => {
      expect(() => repoPath(ROOT, resolve(path) as AbsolutePath)).toThrow(
        expect.objectContaining({ kind: 'usage', code: 'MLO_OUTSIDE_PROJECT' }),
      );
    },
  );

  test.each(['.git/config', '.mlo/mlo.db', 'sub/.git/x', '.GIT/config'])(
    'metadata is refused: %s',
    (path) => {
      expect(() => repoPath(ROOT, join(ROOT, path) as AbsolutePath)).toThrow(
        expect.objectContaining({ kind: 'usage', code: 'MLO_UNSAFE_PATH' }),
      );
    },
  );
});

describe('a path from a file someone else wrote', () => {
  test.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['C:\\Windows', 'backslash'],
    ['c:/Windows', 'absolute'],
    ['a\\b', 'backslash'],
    ['../x', '".."'],
    ['a/../../x', '".."'],
    ['a/./b', '"."'],
    ['a//b', '""'],
    ['a/', '""'],
    ['a\0b', 'NUL'],
    ['.git/hooks/post-checkout', '.git'],
    ['.Mlo/config.yaml', '.Mlo'],
    ['a/.GIT/x', '.GIT'],
    ['x'.repeat(4097), 'longer'],
  ])('%j is refused, naming the file and the reason', (path, reason) => {
    expect(() => checkedRepoPath(path, 'data.mlo')).toThrow(
      expect.objectContaining({ kind: 'integrity', message: expect.stringContaining('data.mlo: ') }),
    );
    expect(() => checkedRepoPath(path, 'data.mlo')).toThrow(reason);
  });

  test.each(['data.csv', 'a/b/c', '...', '.gitignore', '.github/x', 'a b', '数据/表.csv', '-x', 'mlo'])(
    '%j is accepted as it is',
    (path) => {
      expect(checkedRepoPath(path, 'data.mlo')).toBe(path);
    },
  );

  test('whatever is accepted stays inside the project', () => {
    const part = fc.constantFrom('..', '.', '', 'a', '.git', '.mlo', 'C:', '\\', '\0', 'b c', '~');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.boolean(), (parts, absolute) => {
        const text = (absolute ? '/' : '') + parts.join('/');
        let accepted: string;
        try {
          accepted = checkedRepoPath(text, 'x');
        } catch {
          return;
        }
        const full = resolve(ROOT, accepted);
        expect(full.startsWith(ROOT + sep)).toBe(true);
        expect(full).not.toMatch(/\/\.(git|mlo)(\/|$)/i);
      }),
    );
  });
});

test('a linked worktree has its own index and the store of the main one', () => {
  const paths = projectPaths('/srv/linked' as AbsolutePath, '/srv/main' as AbsolutePath);
  expect(paths).toMatchObject({
    indexFile: '/srv/linked/.mlo/index',
    locksDir: '/srv/linked/.mlo/locks',
    configFile: '/srv/linked/.mlo/config.yaml',
    storeDir: '/srv/main/.mlo/store',
    databaseFile: '/srv/main/.mlo/mlo.db',
  });
});
