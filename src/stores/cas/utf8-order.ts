/**
 * Order of two strings by their UTF-8 bytes. JavaScript compares UTF-16 units, which differs above U+FFFF:
 * surrogates (D800-DFFF) must sort after the units E000-FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Sorts in place; takes the engine's own order when no name needs more. */
export function sortUtf8(names: string[]): string[] {
  return names.some((name) => /[\ud800-\udfff]/.test(name)) ? names.sort(compareUtf8) : names.sort();
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
