import { isMap, parseDocument } from 'yaml';
import { MloError } from '#foundation/errors.ts';
import { parseConfigFile } from './config.ts';

/** One value to set, or to remove with `undefined`. */
export interface ConfigEdit {
  readonly path: readonly string[];
  readonly value: string | Readonly<Record<string, string>> | undefined;
}

/**
 * A configuration file with some values changed; comments, order and spacing of all else stay. The result is
 * checked like any configuration file, so a bad value is a config error and nothing is written.
 */
export function editConfig(text: string, name: string, edits: readonly ConfigEdit[]): string {
  parseConfigFile(text, name);
  const document = parseDocument(text);
  if (document.contents !== null && !isMap(document.contents)) {
    throw new MloError('config', 'MLO_BAD_CONFIG', `${name}: expected sections such as "core:"`);
  }
  for (const { path, value } of edits) {
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, typeof value === 'string' ? value : document.createNode(value));
  }
  const changed = document.toString({ lineWidth: 0 });
  parseConfigFile(changed, name);
  return changed;
}
