// node scripts/schema.mjs: writes docs/reference/mlo-yaml.schema.json from the shape mlo itself checks mlo.yaml with,
// so that editors complete and check the file. With --check it writes nothing and ends with 1 when it is not current.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const SCHEMA_FILE = `${root}docs/reference/mlo-yaml.schema.json`;

/** The text of the schema file. */
export async function schemaText() {
  const folder = await mkdtemp(join(tmpdir(), 'mlo-schema-'));
  try {
    const outfile = join(folder, 'schema.mjs');
    await build({
      absWorkingDir: root,
      entryPoints: ['src/formats/mlo-yaml-json-schema.ts'],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
      banner: {
        js: "import{createRequire as __mloRequire}from'node:module';const require=__mloRequire(import.meta.url);",
      },
    });
    const { projectFileJsonSchema } = await import(pathToFileURL(outfile).href);
    return `${JSON.stringify(projectFileJsonSchema(), null, 2)}\n`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await schemaText();
  if (process.argv.includes('--check')) {
    if ((await readFile(SCHEMA_FILE, 'utf8').catch(() => '')) !== text) {
      console.log('docs/reference/mlo-yaml.schema.json is not current; run: node scripts/schema.mjs');
      process.exitCode = 1;
    }
  } else {
    await mkdir(dirname(SCHEMA_FILE), { recursive: true });
    await writeFile(SCHEMA_FILE, text);
  }
}
