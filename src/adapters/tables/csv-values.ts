import type { ColumnType } from './table.ts';

/** What one field of a text file can be read as; a column's fields are or-ed together. */
export const KIND = {
  none: 0,
  token: 1,
  int: 2,
  bigInt: 4,
  float: 8,
  bool: 16,
  datetime: 32,
  text: 64,
} as const;

const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const SPACE = 0x20;

/** Powers of ten that a double holds exactly: mantissa / 10^k is then correctly rounded (Clinger 1990). */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const MAX_EXACT_DIGITS = 15;

/** Words for "no value" in a column of numbers, booleans or times; in a column of text they are text. */
const NULL_WORDS = new Set(['NA', 'N/A', 'null', 'NULL', 'Null', 'None', 'n/a']);
const NAN_WORDS = new Set(['NaN', 'nan', 'NAN']);
const INFINITIES: Readonly<Record<string, number>> = {
  inf: Infinity,
  Inf: Infinity,
  Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  '-Inf': -Infinity,
  '-Infinity': -Infinity,
};
const TRUE_WORDS = new Set(['true', 'True', 'TRUE']);
const FALSE_WORDS = new Set(['false', 'False', 'FALSE']);
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const DATETIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Classifies the field in `bytes[from, to)`. */
export function kindOf(bytes: Buffer, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && bytes[start] === SPACE) start += 1;
  while (end > start && bytes[end - 1] === SPACE) end -= 1;
  if (start === end) return KIND.none;
  let at = start;
  if (bytes[at] === MINUS || bytes[at] === PLUS) at += 1;
  const digitsFrom = at;
  while (at < end && isDigit(bytes[at])) at += 1;
  const digits = at - digitsFrom;
  if (at === end && digits > 0) {
    // 00501 is a code, not a number.
    if (digits > 1 && bytes[digitsFrom] === ZERO) return KIND.text;
    return digits <= MAX_EXACT_DIGITS ? KIND.int : KIND.bigInt;
  }
  if (digits > 0 && bytes[at] === DOT) {
    at += 1;
    while (at < end && isDigit(bytes[at])) at += 1;
    if (at === end) return KIND.float;
  }
  // Longer than any word, number or time that is recognised.
  if (end - start > 40) return KIND.text;
  return kindOfWord(bytes.toString('latin1', start, end));
}

/** Classifies a whole text value. */
export function kindOfWord(word: string): number {
  if (NULL_WORDS.has(word)) return KIND.token;
  if (TRUE_WORDS.has(word) || FALSE_WORDS.has(word)) return KIND.bool;
  if (FLOAT.test(word) || NAN_WORDS.has(word) || word in INFINITIES) return KIND.float;
  return Number.isNaN(parseDatetime(word)) ? KIND.text : KIND.datetime;
}

/** The narrowest type that holds every field without loss. A column without values is text. */
export function typeOfKinds(kinds: number): ColumnType {
  const values = kinds & ~KIND.token;
  if (values === KIND.int) return 'int';
  if ((values & KIND.float) !== 0 && (values & ~(KIND.int | KIND.bigInt | KIND.float)) === 0) return 'float';
  if (values === KIND.bool) return 'bool';
  if (values === KIND.datetime) return 'datetime';
  return 'string';
}

/** The number in `bytes[from, to)` of a column of numbers; undefined when the field is null. */
export function numberOf(bytes: Buffer, from: number, to: number): number | undefined {
  let at = from;
  let end = to;
  while (at < end && bytes[at] === SPACE) at += 1;
  while (end > at && bytes[end - 1] === SPACE) end -= 1;
  if (at === end) return undefined;
  const start = at;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at += 1;
  let mantissa = 0;
  let digits = 0;
  let decimals = 0;
  let seenDot = false;
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits += 1;
      if (seenDot) decimals += 1;
    } else if (byte === DOT && !seenDot) seenDot = true;
    else break;
  }
  if (at === end && digits > 0 && digits <= MAX_EXACT_DIGITS) {
    const value = decimals === 0 ? mantissa : mantissa / (POWERS[decimals] ?? 1);
    return negative ? -value : value;
  }
  return wordToNumber(bytes.toString('latin1', start, end));
}

function wordToNumber(word: string): number | undefined {
  if (NULL_WORDS.has(word)) return undefined;
  if (NAN_WORDS.has(word)) return Number.NaN;
  return INFINITIES[word] ?? Number(word);
}

/** 1, 0, or undefined for null. */
export function booleanOf(word: string): number | undefined {
  const text = word.trim();
  if (TRUE_WORDS.has(text)) return 1;
  return FALSE_WORDS.has(text) ? 0 : undefined;
}

/** ISO 8601 date or time as milliseconds since 1970; NaN when it is none. Without a zone it is UTC. */
export function parseDatetime(word: string): number {
  const parts = DATETIME.exec(word);
  if (parts === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const fraction = parts[7] === undefined ? 0 : Number(`0.${parts[7]}`) * 1000;
  const days = Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0);
  const date = new Date(days);
  if (date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day) return Number.NaN;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return Number.NaN;
  const time = (((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0)) * 1000 + fraction;
  return days + time - zoneOffset(parts[8]);
}

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
