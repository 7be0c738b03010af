import { MloError } from '#foundation/errors.ts';

/** `late@prod`, `late/3` or `late`. */
export type ParsedModelRef =
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: number }
  | { readonly kind: 'name'; readonly name: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function parseModelRef(ref: string): ParsedModelRef {
  const alias = /^([^@/]+)@([^@/]+)$/.exec(ref);
  if (alias?.[1] !== undefined && alias[2] !== undefined) {
    return { kind: 'alias', name: checkedModelName(alias[1]), alias: checkedAlias(alias[2]) };
  }
  const version = /^([^@/]+)\/(\d{1,9})$/.exec(ref);
  if (version?.[1] !== undefined && version[2] !== undefined) {
    return { kind: 'version', name: checkedModelName(version[1]), version: Number(version[2]) };
  }
  if (NAME.test(ref)) return { kind: 'name', name: ref };
  throw new MloError('usage', 'MLO_BAD_MODEL_REF', `"${ref}" is no model reference`, {
    hint: 'write late@prod (alias), late/3 (version) or late (newest)',
  });
}

/** Names become folders, labels and parts of URLs, so they are kept plain. */
export function checkedModelName(name: string): string {
  if (NAME.test(name)) return name;
  throw new MloError('usage', 'MLO_BAD_MODEL_NAME', `"${name}" cannot name a model`, {
    hint: 'use letters, digits, ".", "_" and "-", beginning with a letter or digit',
  });
}

export function checkedAlias(alias: string): string {
  if (NAME.test(alias) && !/^\d+$/.test(alias)) return alias;
  throw new MloError('usage', 'MLO_BAD_ALIAS', `"${alias}" cannot be an alias`, {
    hint: 'use letters, digits, ".", "_" and "-", and not digits alone: candidate, prod, staging',
  });
}
