import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
} from 'yaml';
import { MloError } from '#foundation/errors.ts';

export type YamlPath = readonly (string | number)[];

/** A parsed YAML file that can say where each value stands. */
export interface YamlFile {
  readonly value: unknown;
  /** `mlo.yaml:12:3` of the value at `path`, or of its nearest parent that exists. */
  where(path: YamlPath): string;
  /** Like `where`, for the key itself: use it for unknown keys. */
  whereKey(path: YamlPath): string;
}

/**
 * Parses YAML 1.2. Duplicate keys and syntax errors are config errors that name file, line and column.
 * `name` is the path as the user knows it.
 */
export function parseYaml(text: string, name: string): YamlFile {
  refuseDeep(text, name);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const problem = document.errors[0];
  if (problem) {
    throw new MloError('config', 'MLO_BAD_YAML', `${at(problem.pos[0])}: ${plain(problem.message)}`, {
      hint: 'a YAML file is expected: "key: value" lines, indented with spaces',
    });
  }
  return {
    value: toPlain(document, name, at),
    where: (path) => at(startOf(document, path, false)),
    whereKey: (path) => at(startOf(document, path, true)),
  };
}

/** The parser recurses, and V8 aborts the whole process when a stack runs out inside a regular expression. */
const MOST_DEPTH = 100;

function refuseDeep(text: string, name: string): void {
  let depth = 0;
  for (const { 0: opener, index } of text.matchAll(/[[{\]}]|(?:[-?:][ \t]+){100,}/g)) {
    if (opener === ']' || opener === '}') depth = Math.max(0, depth - 1);
    else depth += opener.length === 1 ? 1 : opener.length;
    if (depth <= MOST_DEPTH) continue;
    const before = text.slice(0, index).split('\n');
    throw new MloError(
      'config',
      'MLO_BAD_YAML',
      `${name}:${before.length}:${(before.at(-1) ?? '').length + 1}: the values are nested too deeply`,
      { hint: `at most ${MOST_DEPTH} lists and maps inside one another are read` },
    );
  }
}

function toPlain(document: Document, name: string, at: (offset: number) => string): unknown {
  const unknown = unknownAlias(document);
  if (unknown !== undefined) {
    throw new MloError(
      'config',
      'MLO_BAD_YAML',
      `${at(offsetOf(unknown))}: nothing is named &${unknown.source}`,
      {
        hint: `put &${unknown.source} before the value that *${unknown.source} stands for`,
      },
    );
  }
  try {
    // An alias bomb expands without end otherwise.
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new MloError('config', 'MLO_BAD_YAML', `${name}: its aliases expand to too many values`, {
      hint: 'write the values out, or use fewer aliases of aliases',
      cause: error,
    });
  }
}

function unknownAlias(document: Document): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** What a person can act on: the parser speaks to programmers here. */
function plain(message: string): string {
  if (message.includes('multiple documents')) return 'a second document begins here; one is expected';
  return (message.split('\n')[0] ?? message).trim();
}

function startOf(document: Document, path: YamlPath, wantKey: boolean): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const exact = path.slice(0, depth);
    const parent = document.getIn(exact.slice(0, -1), true);
    const last = exact.at(-1);
    if (wantKey && isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last));
      if (pair && isNode(pair.key)) return offsetOf(pair.key);
    }
    const node = document.getIn(exact, true);
    if (isNode(node)) return offsetOf(node);
  }
  return 0;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** For any error about one value of the file. */
export function yamlError(where: string, message: string, hint?: string): MloError {
  return new MloError('config', 'MLO_BAD_CONFIG', `${where}: ${message}`, hint === undefined ? {} : { hint });
}
