import { createRequire } from 'node:module';
import { join } from 'node:path';
import { databaseContracts } from './database-contracts.ts';

// Compiled only where somebody has done it: here, or in the folder MLO_TEST_NATIVE_DIR names.
const base = process.env.MLO_TEST_NATIVE_DIR;
databaseContracts({
  driver: 'better-sqlite3',
  place: base ?? 'beside mlo',
  require: createRequire(base === undefined ? import.meta.url : join(base, 'package.json')),
});
