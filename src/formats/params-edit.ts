import { isCollection, isNode, isScalar, parseDocument, stringify } from 'yaml';
import { canonicalJson } from '#foundation/canonical-json.ts';
import { MloError } from '#foundation/errors.ts';
import { parseYaml } from './yaml.ts';
import { flattenParams, getParam, paramsFormat, parseParams } from './params.ts';
import { didYouMean } from './shape.ts';

export interface ParamChange {
  /** Dotted. */
  readonly key: string;
  readonly value: unknown;
}

/** `train.trees=120`, or `other.yaml:train.trees=120`; the value is YAML: 120, true, [1, 2], text. */
export function parseParamChange(text: string): ParamChange & { readonly file: string | undefined } {
  const match = /^(?:([^:=]+):)?([^:=]+)=(.*)$/s.exec(text);
  const [, file, key, value] = match ?? [];
  if (key === undefined || value === undefined || key.trim() === '') {
    throw new MloError('usage', 'MLO_USAGE', `--param takes key=value or file:key=value, not "${text}"`);
  }
  return {
    file,
    key: key.trim(),
    value: value.trim() === '' ? '' : parseYaml(value, `--param ${key}`).value,
  };
}

/**
 * The text of a params file with values replaced; comments, order and everything else stay. A key that is not
 * there is a usage error: a typing mistake must not become a new parameter.
 */
export function changeParams(text: string, name: string, changes: readonly ParamChange[]): string {
  const root = parseParams(text, name);
  for (const { key } of changes) {
    if (getParam(root, key).found) continue;
    const near = didYouMean(key, Object.keys(flattenParams(root)));
    throw new MloError(
      'usage',
      'MLO_NO_SUCH_PARAM',
      `${name} has no parameter "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      { hint: `add it to ${name} first` },
    );
  }
  if (paramsFormat(name) === 'json') return changeJson(text, root, changes);
  return changes.reduce((current, change) => changeYaml(current, root, change), text);
}

/** Only the bytes of the value are replaced: whoever wrote the file finds the rest untouched. */
function changeYaml(text: string, root: unknown, { key, value }: ParamChange): string {
  const path = pathOf(root, key);
  const document = parseDocument(text);
  const node: unknown = document.getIn(path, true);
  if (isNode(node) && node.range) {
    const [start, end] = node.range;
    const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
    const glue = start === end && /[^\s]$/.test(text.slice(0, start)) ? ' ' : '';
    const rest = isCollection(node) && text[end - 1] === '\n' ? '\n' : '';
    const changed = text.slice(0, start) + glue + inOneLine(value, quoted) + rest + text.slice(end);
    if (holds(changed, path, value)) return changed;
  }
  document.setIn(path, value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function inOneLine(value: unknown, quoted: boolean): string {
  if (typeof value === 'string' && (quoted || value.includes('\n'))) return JSON.stringify(value);
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}

/** An unusual file (anchors, tags, odd layout) may read differently after the replacement. */
function holds(text: string, path: readonly (string | number)[], value: unknown): boolean {
  const document = parseDocument(text);
  if (document.errors.length > 0) return false;
  const found: unknown = document.getIn(path);
  const plain: unknown = isNode(found) ? found.toJS(document) : found;
  return canonicalJson(plain) === canonicalJson(value);
}

function changeJson(text: string, root: unknown, changes: readonly ParamChange[]): string {
  const copy: unknown = structuredClone(root);
  for (const { key, value } of changes) {
    const path = pathOf(root, key);
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], copy);
    (parent as Record<string, unknown>)[path.at(-1) ?? ''] = value;
  }
  const indent = /^[[{]\s*\n([ \t]+)/.exec(text)?.[1] ?? '  ';
  return `${JSON.stringify(copy, null, indent)}${text.endsWith('\n') ? '\n' : ''}`;
}

/** Keys as the YAML document has them: numbers in lists. */
function pathOf(root: unknown, key: string): (string | number)[] {
  let at: unknown = root;
  return key.split('.').map((part) => {
    const step = Array.isArray(at) ? Number(part) : part;
    at = (at as Record<string | number, unknown>)[step];
    return step;
  });
}
