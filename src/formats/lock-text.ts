import { isMap } from './shape.ts';

/**
 * The part of YAML that mlo.lock is written in: block maps and lists, texts plain or as JSON, deeper values as JSON
 * on one line. Reading this part takes a twentieth of the time the YAML parser needs, and a lock is read by every
 * `mlo status`.
 */

/** Starts like a word and holds nothing YAML could take for syntax. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./+=@-]*(?::[A-Za-z0-9_./+=@-]+)*(?: [A-Za-z0-9_./+=@<>|&;-]+)*$/;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
/** What YAML 1.1 or 1.2 reads as something else than text. */
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LINE = /^("(?:[^"\\]|\\[^])*"|[A-Za-z_][A-Za-z0-9_./-]*):(?: ([^]+))?$/;

/** `value` as lines at an indentation; maps in the order of their keys as given. */
export function lockLines(value: Readonly<Record<string, unknown>>, indent: string): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const name = `${indent}${PLAIN_KEY.test(key) && !RESERVED.test(key) ? key : JSON.stringify(key)}:`;
    if (isMap(item) && Object.keys(item).length > 0) return [name, ...lockLines(item, `${indent}  `)];
    if (Array.isArray(item) && item.length > 0) return [name, ...listLines(item, `${indent}  `)];
    return [`${name} ${scalarText(item)}`];
  });
}

function listLines(items: readonly unknown[], indent: string): string[] {
  return items.flatMap((item) => {
    if (!isMap(item) || Object.keys(item).length === 0) return [`${indent}- ${scalarText(item)}`];
    const [first = '', ...rest] = lockLines(item, `${indent}  `);
    return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
  });
}

function scalarText(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value) && !RESERVED.test(value)) return value;
  return JSON.stringify(value);
}

/** What the YAML parser would read; undefined when the text holds anything `lockLines` does not write. */
export function readLockLines(text: string): unknown {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (text.includes('\r') || text.includes('\t')) return undefined;
  try {
    const reader = new LineReader(lines);
    const value = reader.block(0);
    return reader.atEnd ? value : undefined;
  } catch {
    return undefined;
  }
}

class LineReader {
  private readonly lines: string[];
  private next = 0;

  constructor(lines: string[]) {
    this.lines = lines;
  }

  get atEnd(): boolean {
    return this.next === this.lines.length;
  }

  /** The map or list whose lines are indented by `indent`. Throws at anything unfamiliar. */
  block(indent: number): unknown {
    const line = this.lines[this.next];
    if (line === undefined || indentOf(line) !== indent) throw new Error('no block');
    return line.startsWith('- ', indent) ? this.list(indent) : this.map(indent);
  }

  private map(indent: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let line = this.lines[this.next]; line !== undefined; line = this.lines[this.next]) {
      const here = indentOf(line);
      if (here < indent) break;
      const match = here === indent ? LINE.exec(line.slice(indent)) : null;
      if (match === null) throw new Error('no key');
      const [, written = '', value] = match;
      const key = written.startsWith('"') ? (JSON.parse(written) as string) : written;
      if (Object.hasOwn(map, key) || key === '__proto__') throw new Error('a key twice, or a trap');
      this.next += 1;
      map[key] = value === undefined ? this.block(indent + 2) : readScalar(value);
    }
    return map;
  }

  private list(indent: number): unknown[] {
    const items: unknown[] = [];
    for (let line = this.lines[this.next]; line !== undefined; line = this.lines[this.next]) {
      const here = indentOf(line);
      if (here < indent) break;
      if (here !== indent || !line.startsWith('- ', indent)) throw new Error('no item');
      const content = line.slice(indent + 2);
      if (LINE.test(content)) {
        // The first key of a map stands behind the dash; the others are indented as far.
        this.lines[this.next] = `${' '.repeat(indent + 2)}${content}`;
        items.push(this.map(indent + 2));
      } else {
        this.next += 1;
        items.push(readScalar(content));
      }
    }
    return items;
  }
}

function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 32) indent += 1;
  return indent;
}

function readScalar(text: string): unknown {
  if (PLAIN.test(text) && !RESERVED.test(text)) return text;
  if (/^["[{]/.test(text) || NUMBER.test(text) || text === 'true' || text === 'false' || text === 'null')
    return JSON.parse(text) as unknown;
  throw new Error('no scalar');
}
