// npm run docs: writes docs/reference/*.md from the product's own tables and THIRD-PARTY.md from the bundle.
// With --check it writes nothing and ends with 1 when a page is not current.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTables } from './load-tables.mjs';
import { referencePages } from './reference.mjs';
import { thirdPartyPage } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const reference = Object.entries(referencePages(await loadTables()));
const pages = [
  ...reference.map(([name, text]) => [`docs/reference/${name}`, text]),
  ['THIRD-PARTY.md', thirdPartyPage()],
];

if (process.argv.includes('--check')) {
  for (const [path, text] of pages) {
    const current = await readFile(`${root}${path}`, 'utf8').catch(() => '');
    if (current === text) continue;
    console.log(`${path} is not current; run: npm run docs`);
    process.exitCode = 1;
  }
} else {
  for (const [path, text] of pages) {
    await mkdir(dirname(`${root}${path}`), { recursive: true });
    await writeFile(`${root}${path}`, text);
    console.log(`${path} (${text.split('\n').length} lines)`);
  }
}
