import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ignoreLine, parseIgnoreRules } from '#formats/ignore-rules.ts';
import { tempDir } from '../../support/temp-dir.ts';

const RULES = `# comment
build/
/only-top
*.tmp
docs/**/cache
!keep.tmp
with\\ space
[abc]x
te?t
**/deep
a/*/z
trailing   
`;
const FOLDERS = [
  'build',
  'x/build',
  'only-top',
  'x/only-top',
  'a.tmp',
  'x/keep.tmp',
  'docs/cache',
  'docs/1/2/cache',
  'with space',
  'ax',
  'dx',
  'test',
  'tet',
  'q/deep',
  'a/b/z',
  'a/b/c/z',
  'trailing',
  'builder',
];

describe('ignore rules', () => {
  it('decide about folders as git check-ignore does', async () => {
    const dir = await tempDir();
    execFileSync('git', ['init', '--quiet'], { cwd: dir });
    writeFileSync(join(dir, '.gitignore'), RULES);
    for (const folder of FOLDERS) mkdirSync(join(dir, folder), { recursive: true });
    const rules = parseIgnoreRules(RULES);
    for (const folder of FOLDERS) {
      let expected = true;
      try {
        execFileSync('git', ['check-ignore', '--quiet', `${folder}/`], { cwd: dir });
      } catch {
        expected = false;
      }
      expect([folder, rules.decide(folder) === 'ignored']).toEqual([folder, expected]);
    }
  });

  it('write lines that Git reads as exactly one path', async () => {
    const dir = await tempDir();
    execFileSync('git', ['init', '--quiet'], { cwd: dir });
    const names = [
      'a*b',
      '[x]',
      '!bang',
      '#hash',
      'sp ace ',
      'que?',
      'back\\slash',
      '数据',
      'two\nlines',
      'cr\r',
    ];
    writeFileSync(join(dir, '.gitignore'), `${names.map(ignoreLine).join('\n')}\n`);
    for (const name of [...names, 'aXb', 'x', 'lines']) writeFileSync(join(dir, name), '');
    const visible = execFileSync(
      'git',
      ['-c', 'core.quotePath=false', 'status', '--porcelain', '-z', '-uall'],
      { cwd: dir, encoding: 'utf8' },
    )
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => line.slice(3));
    expect(visible.toSorted()).toEqual(['.gitignore', 'aXb', 'lines', 'x']);
  });
});
