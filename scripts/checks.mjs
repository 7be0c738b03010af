import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A tool of node_modules, started with this very Node. */
function tool(name, script, ...args) {
  const file = fileURLToPath(new URL(`../node_modules/${name}/${script}`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${name} has no ${script}; run npm ci`);
  return [process.execPath, file, ...args];
}

/** @param {string} name */
function binOf(name, bin = name) {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const entry = JSON.parse(readFileSync(manifest, 'utf8')).bin;
  return typeof entry === 'string' ? entry : entry[bin];
}

/** Everything a machine can say about the sources without running them. The longest comes first. */
export const CHECKS = [
  {
    name: 'lint',
    command: tool('oxlint', binOf('oxlint'), '--type-aware', '--deny-warnings'),
  },
  { name: 'types', command: tool('typescript', 'bin/tsc', '--noEmit') },
  { name: 'unused code and dependencies', command: tool('knip', binOf('knip')) },
  { name: 'format', command: tool('oxfmt', binOf('oxfmt'), '--check') },
];
