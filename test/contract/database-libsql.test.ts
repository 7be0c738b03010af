import { createRequire } from 'node:module';
import { databaseContracts } from './database-contracts.ts';

databaseContracts({
  driver: 'libsql',
  place: 'beside mlo',
  require: createRequire(import.meta.url),
  required: true,
});
