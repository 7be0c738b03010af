// A real MinIO for tests: built once from source through the Go module proxy into .tools/, started on loopback.
// Where Go is missing or the build fails, says why; callers print that reason and skip.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const TOOLS = fileURLToPath(new URL('../../.tools/', import.meta.url));
const MODULE = 'github.com/minio/minio';
const CREDENTIALS = { accessKeyId: 'mlo-test', secretAccessKey: 'mlo-test-secret' };

/** @returns {Promise<{binary: string, version: string} | {skipped: string}>} */
export async function buildMinio() {
  const binary = process.env.MLO_MINIO ?? join(TOOLS, 'bin', 'minio');
  if (!existsSync(binary)) {
    const go = await exec('go', ['version']).catch(() => undefined);
    if (go === undefined) return { skipped: 'MinIO is built with Go, and there is no go on PATH' };
    await mkdir(join(TOOLS, 'bin'), { recursive: true });
    const env = {
      ...process.env,
      GOBIN: join(TOOLS, 'bin'),
      GOFLAGS: '-mod=mod',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    };
    const built = await exec('go', ['install', `${MODULE}@latest`], {
      env,
      maxBuffer: 1 << 26,
      timeout: 30 * 60_000,
    }).catch((error) => error);
    if (!existsSync(binary))
      return {
        skipped: `go install ${MODULE} failed: ${String(built.stderr ?? built)
          .trim()
          .split('\n')
          .at(-1)}`,
      };
  }
  const { stdout } = await exec('go', ['version', '-m', binary]).catch(() => ({ stdout: '' }));
  const version = /\smod\s+\S+\s+(\S+)/.exec(stdout)?.[1] ?? 'unknown';
  return { binary, version };
}

/**
 * Starts MinIO with one empty bucket `mlo`. `env` is what a client needs to reach it.
 * @returns {Promise<{endpoint: string, bucket: string, version: string, env: Record<string, string>, stop: () => Promise<void>} | {skipped: string}>}
 */
export async function startMinio() {
  const built = await buildMinio();
  if ('skipped' in built) return built;
  const dir = await mkdtemp(join(tmpdir(), 'mlo-minio-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(built.binary, ['server', '--quiet', '--address', `127.0.0.1:${port}`, dir], {
    env: {
      ...process.env,
      MINIO_ROOT_USER: CREDENTIALS.accessKeyId,
      MINIO_ROOT_PASSWORD: CREDENTIALS.secretAccessKey,
      MINIO_BROWSER: 'off',
    },
    stdio: 'ignore',
  });
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await waitFor(`${endpoint}/minio/health/ready`, child);
    await makeBucket(endpoint);
  } catch (error) {
    await stop();
    return { skipped: `MinIO does not start: ${String(error)}` };
  }
  const env = {
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: 'us-east-1',
  };
  return { endpoint, bucket: 'mlo', version: built.version, env, stop };
}

/** @param {string} endpoint */
async function makeBucket(endpoint) {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: CREDENTIALS,
  });
  await client.send(new CreateBucketCommand({ Bucket: 'mlo' }));
  client.destroy();
}

/** @param {string} url @param {import('node:child_process').ChildProcess} child */
async function waitFor(url, child) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not ready after 30 s');
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
