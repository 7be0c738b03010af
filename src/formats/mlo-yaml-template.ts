import { getParam, flattenParams } from './params.ts';
import { didYouMean } from './shape.ts';
import { yamlError } from './yaml.ts';

/** What `${…}` may name: params.yaml and `vars`, merged. */
export type TemplateValues = Readonly<Record<string, unknown>>;

/** `\${` stands for itself; `${a.b[0].c}` is replaced. */
const EXPRESSION = /\\\$\{|\$\{([^{}]*)\}/g;
const KEY = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+|\[\d+\])*$/;

/**
 * Fills `${…}` in. `where` is called only for an error; `owner` is whose text it is: `stage "train"`. Only
 * texts, numbers and booleans may be filled in.
 */
export function fillTemplate(
  text: string,
  values: TemplateValues,
  place: { readonly where: () => string; readonly owner: string },
): string {
  if (!text.includes('${')) return text;
  return text.replace(EXPRESSION, (whole: string, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const fail = (problem: string, hint?: string): Error =>
      yamlError(place.where(), `${place.owner}: ${problem}`, hint);
    const key = inner.trim();
    if (!KEY.test(key))
      throw fail(`"${whole}" is not a key`, 'write ${train.trees}, or \\${…} for the shell');
    const found = getParam(values, key.replaceAll(/\[(\d+)\]/g, '.$1'));
    if (!found.found) {
      const near = didYouMean(key, Object.keys(flattenParams(values)));
      const guess = near === undefined ? '' : `; did you mean "\${${near}}"?`;
      throw fail(
        `"${whole}" is neither in params.yaml nor in vars${guess}`,
        `for a variable of the shell write \\${whole}`,
      );
    }
    const { value } = found;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return String(value);
    throw fail(`"${whole}" is ${kindOf(value)}; only texts, numbers and true/false can be filled in`);
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  return Array.isArray(value) ? 'a list' : 'a map';
}
