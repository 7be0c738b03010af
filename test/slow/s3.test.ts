import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildMinio, startMinio } from '../../scripts/services/minio.mjs';
import { recordNotDone } from '../../scripts/verification.mjs';
import { PACKAGE_DIR } from '../support/run-cli.ts';
import { runSuite } from '../support/run-suite.ts';
import { tempDir } from '../support/temp-dir.ts';
import { recordSuite } from '../support/verification.ts';

const CHECK = {
  check: 'S3 remote: object store contract, push and pull, the whole demo',
  peer: 'MinIO',
  command: 'npx vitest run --config vitest.slow.config.ts test/slow/s3.test.ts',
};

const built = await buildMinio();
if ('skipped' in built) {
  await recordNotDone({ ...CHECK, reason: built.skipped });
  process.stderr.write(`skipped: ${built.skipped}\n`);
}

describe.skipIf('skipped' in built)('a real MinIO', () => {
  recordSuite(() => ({ ...CHECK, version: 'version' in built ? built.version : '' }));

  it('meets the object store contract', () => {
    const report = runSuite('test/contract/object-store-s3.test.ts');
    expect(report).toMatchObject({ numFailedTests: 0, numPendingTests: 0 });
    expect(report.numPassedTests).toBeGreaterThan(5);
  });

  it('serves as the remote of the demo, named by MLO_DEMO_S3', async () => {
    const server = await startMinio();
    if ('skipped' in server) throw new Error(server.skipped);
    try {
      const { status, stdout } = spawnSync(
        process.execPath,
        ['demo/demo.mjs', '--json', '--dir', await tempDir()],
        {
          cwd: PACKAGE_DIR,
          encoding: 'utf8',
          maxBuffer: 1 << 26,
          env: {
            ...process.env,
            ...server.env,
            MLO_DEMO_S3: `s3://${server.bucket}/demo`,
            MLO_DEMO_S3_ENDPOINT: server.endpoint,
          },
        },
      );
      const answer = JSON.parse(stdout) as { ok: boolean; error?: { message: string } };
      expect(answer.error?.message).toBeUndefined();
      expect({ ok: answer.ok, status }).toEqual({ ok: true, status: 0 });
      expect(stdout).toContain(`s3://${server.bucket}/demo`);
    } finally {
      await server.stop();
    }
  });
});
