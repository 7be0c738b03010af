import type { FieldChange } from './types.ts';

/** What the API server writes itself: no apply can ask for it. */
const SERVER_FIELDS = [
  ['status'],
  ['metadata', 'managedFields'],
  ['metadata', 'generation'],
  ['metadata', 'resourceVersion'],
  ['metadata', 'uid'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
];

/**
 * Values that differ between two states of one API object, in path order. Lists of named things (containers,
 * ports, volumes) are compared by name, so that an inserted one does not shift the rest.
 */
export function objectDifference(before: unknown, after: unknown): FieldChange[] {
  const old = leaves(before);
  const fresh = leaves(after);
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .sort()
    .filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(fresh.get(path)))
    .map((path) => ({
      path,
      ...(old.has(path) ? { before: old.get(path) } : {}),
      ...(fresh.has(path) ? { after: fresh.get(path) } : {}),
    }));
}

function leaves(object: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  collect(object, [], found);
  return found;
}

function collect(value: unknown, path: readonly string[], found: Map<string, unknown>): void {
  if (
    SERVER_FIELDS.some((field) => field.length === path.length && field.every((part, i) => part === path[i]))
  )
    return;
  if (Array.isArray(value) && value.length > 0) {
    value.forEach((item: unknown, index) => {
      const last = path.at(-1) ?? '';
      collect(item, [...path.slice(0, -1), `${last}[${listKey(item) ?? index}]`], found);
    });
  } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) {
      collect(item, [...path, /^[\w-]+$/.test(key) ? key : JSON.stringify(key)], found);
    }
  } else {
    found.set(path.join('.'), value);
  }
}

function listKey(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('name' in item)) return undefined;
  return typeof item.name === 'string' ? item.name : undefined;
}
