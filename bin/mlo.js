#!/usr/bin/env node
// Plain JavaScript that any Node can parse: says so when Node is too old, then starts the built program.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: mlo needs Node.js 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(18);
}

const packageDir = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(`${packageDir}/package.json`, 'utf8'));
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  // Scripts ask this often; loading the program would cost three times as much.
  process.stdout.write(`${version}\n`);
} else {
  // ONNX Runtime reports its use and keeps a device id in the home folder unless told not to.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const { startProcess } = await import('../dist/cli/process.js').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(`error: mlo is not built yet\n  try: npm run build\n`);
    process.exit(1);
  });
  process.exitCode = await startProcess({ version, packageDir });
}
