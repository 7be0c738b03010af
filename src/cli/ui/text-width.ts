import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{Mark}/u;

/** Terminal columns of a text: escape sequences and combining marks none, CJK and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of stripVTControlCharacters(text)) {
    if (char < '\u0300') width += 1;
    else if (WIDE.test(char)) width += 2;
    else if (!MARK.test(char)) width += 1;
  }
  return width;
}
