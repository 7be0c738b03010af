import { MloError } from '#foundation/errors.ts';

/**
 * Refuses names that are one and the same on file systems that ignore case (macOS, Windows) or normalize
 * Unicode: `Data.csv` beside `data.csv`, `é` composed beside `é` decomposed.
 */
export function checkCollisions(rows: Iterable<{ readonly path: string }>, where: string): void {
  const seen = new Map<string, string>();
  for (const { path } of rows) {
    // A parent folder that differs only in case is found through its files.
    const folded = fold(path);
    for (const [key, exact] of prefixes(folded, path)) {
      const other = seen.get(key);
      if (other === undefined) seen.set(key, exact);
      else if (other !== exact) throw collision(other, exact, where);
      else break;
    }
  }
}

function fold(path: string): string {
  return isAscii(path) ? path.toLowerCase() : path.normalize('NFC').toLowerCase().normalize('NFC');
}

/** The path, then its parents: stops early once a parent is known. */
function* prefixes(folded: string, path: string): Generator<[string, string]> {
  yield [folded, path];
  for (let a = folded.lastIndexOf('/'), b = path.lastIndexOf('/'); a > 0 && b > 0;) {
    yield [folded.slice(0, a), path.slice(0, b)];
    a = folded.lastIndexOf('/', a - 1);
    b = path.lastIndexOf('/', b - 1);
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}

function collision(a: string, b: string, where: string): MloError {
  return new MloError(
    'conflict',
    'MLO_NAME_COLLISION',
    `${where}: ${JSON.stringify(a)} and ${JSON.stringify(b)} are the same name on systems that ignore case or Unicode form`,
    { hint: 'rename one of them', details: { names: [a, b] } },
  );
}
