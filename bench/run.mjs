// npm run bench [-- name…]: builds mlo, then runs the cases of this folder one after the other, each a program
// of its own that measures the peer on the same input in the same run.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
/** Files of this folder that are no cases. */
const PARTS = new Set(['run.mjs', 'measure.mjs', 'peers.mjs']);

const all = readdirSync(folder)
  .filter((name) => name.endsWith('.mjs') && !PARTS.has(name))
  .map((name) => name.replace(/\.mjs$/, ''))
  .toSorted();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  process.exit(2);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
if (built.status !== 0) process.exit(1);

let failed = 0;
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n== ${name}`);
  const ran = spawnSync(process.execPath, [`bench/${name}.mjs`], { cwd: root, stdio: 'inherit' });
  if (ran.status !== 0) failed += 1;
}
console.log(`\n${(wanted.length > 0 ? wanted : all).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
