import { requestError } from './request-error.ts';

/**
 * JSON as Python writes it: bare NaN, Infinity and -Infinity are read too (NaN as null). Standard JSON costs
 * nothing extra: the tolerant scan only runs after JSON.parse has failed.
 */
export function parseTolerantJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseAgain(text);
  }
}

function parseAgain(text: string): unknown {
  const rewritten = text.replaceAll(
    /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g,
    (token) => REPLACEMENTS[token] ?? token,
  );
  try {
    return JSON.parse(rewritten);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw requestError(
      '',
      position === undefined ? 'the body is not JSON' : `the body is not JSON (at character ${position})`,
    );
  }
}

/** 1e999 overflows to Infinity in JSON.parse. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  NaN: 'null',
  Infinity: '1e999',
  '-Infinity': '-1e999',
};
