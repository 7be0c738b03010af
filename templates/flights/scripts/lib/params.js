import { parse } from 'yaml';
import { readText } from './files.js';
import { Problem } from './script.js';

/**
 * One section of params.yaml, checked: `wanted` maps each key to a rule that says what is allowed.
 * A missing, unknown or unfit value stops the script with a line that names it.
 */
export function readParams(section, wanted, path = 'params.yaml') {
  const text = readText(path, 'run this from the project folder');
  let all;
  try {
    all = parse(text);
  } catch (error) {
    throw new Problem(`${path} is not YAML: ${error.message.split('\n')[0]}`);
  }
  const found = all?.[section];
  if (found === null || typeof found !== 'object') throw new Problem(`${path} has no section "${section}:"`);
  for (const key of Object.keys(found)) {
    if (!(key in wanted)) throw new Problem(`${path}: ${section}.${key} is not known`);
  }
  for (const [key, rule] of Object.entries(wanted)) {
    if (!(key in found)) throw new Problem(`${path}: ${section}.${key} is missing`);
    if (!rule.test(found[key])) {
      throw new Problem(`${path}: ${section}.${key} must be ${rule.says}, not ${JSON.stringify(found[key])}`);
    }
  }
  return found;
}

const isMonth = (value) => typeof value === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(value);

export const month = { says: 'a month such as 2001-04', test: isMonth };

export const months = {
  says: 'a list of months such as [2001-01, 2001-02]',
  test: (value) => Array.isArray(value) && value.length > 0 && value.every(isMonth),
};

export function whole(min, max) {
  return {
    says: `a whole number from ${min} to ${max}`,
    test: (value) => Number.isInteger(value) && value >= min && value <= max,
  };
}

export function number(min, max) {
  return {
    says: `a number from ${min} to ${max}`,
    test: (value) => typeof value === 'number' && value >= min && value <= max,
  };
}
