import { lstatSync, readdirSync } from 'node:fs';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, MloError } from '#foundation/errors.ts';
import { absolutePath, joinPath } from '#foundation/paths.ts';
import { globSource } from '#formats/ignore-rules.ts';
import { isPointerName } from './find-pointers.ts';

const LEFT_OUT = new Set(['.git', '.mlo', 'node_modules', '.gitignore']);

/**
 * Words of the command line as absolute paths. A word that names nothing and holds `*`, `?` or `[` is a
 * pattern, for shells that leave it to the program; pointers and hidden files are not matched by it.
 */
export function expandPaths(cwd: AbsolutePath, words: readonly string[]): AbsolutePath[] {
  const found = new Set<AbsolutePath>();
  for (const word of words) {
    const literal = absolutePath(cwd, word);
    if (lstatSync(literal, { throwIfNoEntry: false })) found.add(literal);
    else {
      const matches = /[*?[]/.test(word) ? matchesOf(cwd, word) : [];
      if (matches.length === 0) {
        throw new MloError('not-found', 'MLO_NO_SUCH_PATH', `${word} does not exist`, {
          details: { path: word },
        });
      }
      for (const match of matches) found.add(match);
    }
  }
  return [...found];
}

function matchesOf(cwd: AbsolutePath, word: string): AbsolutePath[] {
  const parts = word.split('/');
  const fixed = parts.findIndex((part) => /[*?[]/.test(part));
  const base = absolutePath(cwd, parts.slice(0, fixed).join('/') || (word.startsWith('/') ? '/' : '.'));
  const pattern = new RegExp(`^${globSource(parts.slice(fixed).join('/'))}$`, 'u');
  const deep = word.includes('**') ? Number.POSITIVE_INFINITY : parts.length - fixed;
  return [...below(base, '', deep)].filter((path) => pattern.test(path)).map((path) => joinPath(base, path));
}

function* below(base: AbsolutePath, prefix: string, depth: number): Generator<string> {
  for (const name of names(joinPath(base, prefix))) {
    if (LEFT_OUT.has(name) || name.startsWith('.') || isPointerName(name)) continue;
    const path = prefix + name;
    yield path;
    const isFolder = lstatSync(joinPath(base, path), { throwIfNoEntry: false })?.isDirectory() === true;
    if (isFolder && depth > 1) yield* below(base, `${path}/`, depth - 1);
  }
}

function names(folder: AbsolutePath): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
