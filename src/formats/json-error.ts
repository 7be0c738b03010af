/** Node 20 does not say where JSON breaks; this does. */
const SPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- JSON forbids control characters inside strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const ATOM = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity/y;

/**
 * Where the first error of a JSON text stands: `line 2, column 7`, both from 1. The end of the text when it
 * just stops. NaN and Infinity, as Python writes them, count as values.
 */
export function jsonErrorPlace(text: string): string {
  const before = text.slice(0, firstError(text)).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

type Expected = 'value' | 'first-item' | 'first-key' | 'key' | 'colon' | 'next' | 'end';

function firstError(text: string): number {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let expected: Expected = 'value';
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'next');
  for (;;) {
    take(SPACE);
    const char = text[at];
    if (char === undefined || expected === 'end') return at;
    const closes = (char === '}' && open.at(-1) === '{') || (char === ']' && open.at(-1) === '[');
    if (
      closes &&
      (expected === 'next' || (char === '}' ? expected === 'first-key' : expected === 'first-item'))
    ) {
      open.pop();
      at += 1;
      expected = afterValue();
    } else if (expected === 'next') {
      if (char !== ',') return at;
      at += 1;
      expected = open.at(-1) === '{' ? 'key' : 'value';
    } else if (expected === 'colon') {
      if (char !== ':') return at;
      at += 1;
      expected = 'value';
    } else if (expected === 'key' || expected === 'first-key') {
      if (!take(STRING)) return at;
      expected = 'colon';
    } else if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      expected = char === '{' ? 'first-key' : 'first-item';
    } else if (take(STRING) || take(ATOM)) expected = afterValue();
    else return at;
  }
}
