import type { ContentId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { isContentId } from '#foundation/hash.ts';
import { parseYaml, yamlError, type YamlFile } from './yaml.ts';

/** Ending of pointer files: `flights.parquet.mlo` stands for `flights.parquet`. */
export const POINTER_ENDING = '.mlo';

/** What Git keeps of a versioned file or folder. Holds nothing that changes while the content does not. */
export interface Pointer {
  /** Name of the file or folder beside the pointer. */
  readonly path: string;
  readonly kind: 'file' | 'dir';
  readonly id: ContentId;
  readonly size: number;
  readonly nfiles: number;
}

const KEYS = ['version', 'path', 'kind', 'id', 'size', 'nfiles'] as const;
const CANONICAL =
  /^version: 1\npath: ([^\n]+)\nkind: (file|dir)\nid: (sha256:[0-9a-f]{64})\nsize: (\d{1,15})\nnfiles: (\d{1,10})\n$/;
const PLAIN = /^[\p{L}_][\p{L}\p{N}_.@+=()-]*$/u;
const YAML_WORD = /^(?:true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i;

export function encodePointer(pointer: Pointer): string {
  const plain = PLAIN.test(pointer.path) && !YAML_WORD.test(pointer.path);
  const path = plain ? pointer.path : JSON.stringify(pointer.path);
  const { kind, id, size, nfiles } = pointer;
  return `version: 1\npath: ${path}\nkind: ${kind}\nid: ${id}\nsize: ${size}\nnfiles: ${nfiles}\n`;
}

/** Throws config errors with line and column; `name` is the pointer's own path. */
export function parsePointer(text: string, name: string): Pointer {
  return parseCanonical(text) ?? parseEdited(text, name);
}

function parseCanonical(text: string): Pointer | undefined {
  const found = CANONICAL.exec(text);
  if (!found) return undefined;
  const [, path = '', kind, id = '', size, nfiles] = found;
  if (!PLAIN.test(path) || YAML_WORD.test(path) || !isContentId(id)) return undefined;
  return { path, kind: kind === 'dir' ? 'dir' : 'file', id, size: Number(size), nfiles: Number(nfiles) };
}

/** Whatever else a person or Git made of it. */
function parseEdited(text: string, name: string): Pointer {
  const conflict = /^(?:<{7}|={7}|>{7})(?: |$)/m.exec(text);
  if (conflict) {
    const line = text.slice(0, conflict.index).split('\n').length;
    throw new MloError(
      'conflict',
      'MLO_POINTER_CONFLICT',
      `${name}:${line}: the pointer has a Git merge conflict`,
      {
        hint: `choose one side: git checkout --ours ${name}  (or --theirs), then mlo checkout`,
      },
    );
  }
  const file = parseYaml(text, name);
  const top = file.value;
  if (typeof top !== 'object' || top === null || Array.isArray(top)) {
    throw yamlError(file.where([]), 'expected the keys version, path, kind, id, size, nfiles');
  }
  const values = top as Readonly<Record<string, unknown>>;
  if (values.version !== 1) {
    throw yamlError(
      file.where(['version']),
      `expected "version: 1", found ${JSON.stringify(values.version)}`,
      'a newer mlo may have written this pointer',
    );
  }
  for (const key of Object.keys(values)) {
    if (!KEYS.some((known) => known === key)) {
      throw yamlError(file.whereKey([key]), `unknown key "${key}"`, `known keys: ${KEYS.join(', ')}`);
    }
  }
  return checked(values, file);
}

function checked(values: Readonly<Record<string, unknown>>, file: YamlFile): Pointer {
  const { path, kind, id, size, nfiles } = values;
  if (typeof path !== 'string' || path === '') throw yamlError(file.where(['path']), '"path" must be a name');
  if (kind !== 'file' && kind !== 'dir') throw yamlError(file.where(['kind']), '"kind" must be file or dir');
  if (typeof id !== 'string' || !isContentId(id)) {
    throw yamlError(file.where(['id']), '"id" must be sha256: and 64 hex digits');
  }
  return { path, kind, id, size: count(size, 'size', file), nfiles: count(nfiles, 'nfiles', file) };
}

function count(value: unknown, key: string, file: YamlFile): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw yamlError(file.where([key]), `"${key}" must be a whole number`);
}
