import { basename } from 'node:path';

const SECRET_NAME = /(?:secret|password|passwd|token|api[_-]?key|credential)/i;
const NAME = /^[A-Za-z_][\w.\-/]*$/;
const SECRET_WORD = `[\\w.-]*${SECRET_NAME.source}[\\w.-]*`;
const SECRET_VALUE = new RegExp(
  `((?:^|\\s)(?:--?${SECRET_WORD}(?:=|\\s+)|\\+{0,2}${SECRET_WORD}=))('[^']*'|"[^"]*"|[^\\s-]\\S*)`,
  'gi',
);
/** Programs whose first plain word is the script; options before it are the program's own. */
const INTERPRETER = /^(python[\d.]*|pypy[\d.]*|node|bash|sh|zsh|Rscript|julia|ruby|perl|deno|bun|tsx)$/;

/**
 * Parameters of a command as its words suggest them: `--lr 0.1`, `--lr=0.1`, `lr=0.1` (Hydra), `--flag` (true).
 * A guess: a flag followed by a positional word takes that word for its value. Values of secret-looking names
 * are replaced by `***`.
 */
export function commandLineParams(words: readonly string[]): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  const own = words.slice(firstOwnWord(words));
  for (let i = 0; i < own.length; i += 1) {
    const word = own[i] ?? '';
    const next = own[i + 1];
    if (word === '--') break;
    const assigned = /^(?:--|\+{0,2})([^=]+)=(.*)$/s.exec(word);
    const long = /^--([^=]+)$/.exec(word)?.[1];
    if (assigned !== null) put(params, assigned[1] ?? '', assigned[2] ?? '');
    else if (long !== undefined && next !== undefined && isValue(next)) {
      put(params, long, next);
      i += 1;
    } else if (long !== undefined) put(params, long, 'true');
  }
  return params;
}

/** A command as text, with the values of secret-looking options and variables replaced by `***`. */
export function withoutSecrets(commandLine: string): string {
  return commandLine.replace(SECRET_VALUE, '$1***');
}

function put(params: Record<string, string>, name: string, value: string): void {
  if (NAME.test(name)) params[name] = SECRET_NAME.test(name) ? '***' : value;
}

/** A number may be negative; any other word with a dash in front is the next option. */
function isValue(word: string): boolean {
  return !word.startsWith('-') || /^-(\d|\.\d)/.test(word);
}

function firstOwnWord(words: readonly string[]): number {
  const program = words.findIndex((word) => INTERPRETER.test(basename(word)));
  if (program === -1) return Math.min(1, words.length);
  const script = words.findIndex(
    (word, i) => i > program && (word === '-m' || word === '-c' || !word.startsWith('-')),
  );
  if (script === -1) return words.length;
  return words[script] === '-m' || words[script] === '-c' ? script + 2 : script + 1;
}
