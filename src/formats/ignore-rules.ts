/** Rules of one .gitignore file, as far as they decide about folders. */
export interface IgnoreRules {
  /** Undefined when no rule speaks about the folder. `path` is relative to the file's own folder. */
  decide(path: string): 'ignored' | 'kept' | undefined;
}

/** Git's pattern language: `*`, `?`, `[…]`, `**`, leading and trailing slashes, `!`. The last match wins. */
export function parseIgnoreRules(text: string): IgnoreRules {
  const rules: { readonly pattern: RegExp; readonly keep: boolean }[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(?<!\\)\s+$/, '');
    if (line === '' || line.startsWith('#')) continue;
    const keep = line.startsWith('!');
    const pattern = globToRegExp(keep ? line.slice(1) : line);
    if (pattern) rules.push({ pattern, keep });
  }
  return {
    decide: (path) => {
      const last = rules.findLast((rule) => rule.pattern.test(path));
      return last === undefined ? undefined : last.keep ? 'kept' : 'ignored';
    },
  };
}

function globToRegExp(pattern: string): RegExp | undefined {
  const trimmed = pattern.replace(/\/$/, '');
  const anchored = trimmed.includes('/');
  const body = globSource(trimmed.replace(/^\//, ''));
  try {
    return new RegExp(anchored ? `^${body}$` : `^(?:.*/)?${body}$`, 'u');
  } catch {
    return undefined;
  }
}

/** Source of a regular expression for a glob: `*` stays inside one name, `**` crosses folders. */
export function globSource(glob: string): string {
  let source = '';
  for (let at = 0; at < glob.length; at += 1) {
    const char = glob.charAt(at);
    if (glob.startsWith('**/', at)) {
      source += '(?:.*/)?';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      source += '.*';
      at += 1;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) source += '\\[';
      else {
        const inside = glob
          .slice(at + 1, end)
          .replace(/^!/, '^')
          .replaceAll('\\', '\\\\')
          .replaceAll('[', '\\[');
        source += `[${inside}]`;
        at = end;
      }
    } else if (char === '\\' && at + 1 < glob.length) {
      at += 1;
      source += escape(glob.charAt(at));
    } else source += escape(char);
  }
  return source;
}

function escape(char: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

/**
 * A .gitignore line that names exactly one path in the file's own folder. A line break in the name becomes `?`,
 * any one character: Git has no way to write it.
 */
export function ignoreLine(name: string): string {
  return `/${name
    .replace(/[\\*?[\]!#]/g, (char) => `\\${char}`)
    .replace(/[\r\n]/g, '?')
    .replace(/ +$/, (spaces) => '\\ '.repeat(spaces.length))}`;
}
