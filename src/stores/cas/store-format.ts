import { readFileSync } from 'node:fs';
import { createFileExclusive } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';

/**
 * `store/format`: first line `mlo-store <version>`, then one feature flag a line, `require <flag>` or
 * `optional <flag>`. A reader that does not know the version or a required flag must not touch the store.
 */
const VERSION = 1;
const KNOWN_FLAGS: ReadonlySet<string> = new Set(['packs', 'loose']);
const TEXT = `mlo-store ${VERSION}\nrequire packs\nrequire loose\n`;

/** True when the store exists and can be read, false when it was never written. Else MLO_STORE_FORMAT. */
export function checkStoreFormat(dir: AbsolutePath): boolean {
  const path = joinPath(dir, 'format');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw fromSystemError(error, path);
  }
  const problem = formatProblem(text, { word: 'mlo-store', version: VERSION, flags: KNOWN_FLAGS });
  if (problem === undefined) return true;
  throw new MloError('config', 'MLO_STORE_FORMAT', `the store ${dir} cannot be used: ${problem}`, {
    hint: 'use the mlo release that wrote it, or a newer one',
  });
}

export async function ensureStoreFormat(dir: AbsolutePath): Promise<void> {
  if (checkStoreFormat(dir)) return;
  await createFileExclusive(joinPath(dir, 'format'), TEXT);
  checkStoreFormat(dir);
}

export interface KnownFormat {
  readonly word: string;
  readonly version: number;
  readonly flags: ReadonlySet<string>;
}

/** Why a format file forbids using what it describes; undefined when all is known. */
export function formatProblem(text: string, known: KnownFormat): string | undefined {
  const [head = '', ...lines] = text.split('\n');
  const [word, number = '', more] = head.split(' ');
  if (word !== known.word || !/^\d{1,9}$/.test(number) || more !== undefined) {
    return `${JSON.stringify(head.slice(0, 80))} is not a format line`;
  }
  if (Number(number) !== known.version) {
    return `its format is version ${number}, this mlo knows ${known.version}`;
  }
  for (const line of lines.filter((line) => line !== '')) {
    const [word, flag] = line.split(' ', 2);
    if (word === 'require' && flag !== undefined && known.flags.has(flag)) continue;
    if (word === 'optional' && flag !== undefined) continue;
    return word === 'require'
      ? `it requires "${flag ?? ''}", which this mlo does not know`
      : `its format file holds the line ${JSON.stringify(line.slice(0, 80))}`;
  }
  return undefined;
}
