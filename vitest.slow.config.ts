import { defineConfig } from 'vitest/config';

/** Tests that take minutes: one at a time, since they install, compile and serve. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
    pool: 'forks',
    fileParallelism: false,
    env: { MLO_TEST: '1' },
  },
});
