import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface S3Server {
  readonly name: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * A server that speaks S3: the one named by MLO_TEST_S3 (`http://host:9000/bucket`, credentials from the AWS
 * variables), else MinIO when it was built before, else moto when Python has it. Otherwise the reason why not.
 */
export async function s3Server(): Promise<S3Server | { readonly skipped: string }> {
  const given = process.env.MLO_TEST_S3;
  if (given !== undefined && given !== '') {
    const url = new URL(given);
    const bucket = url.pathname.replaceAll('/', '');
    return { name: 'MLO_TEST_S3', endpoint: url.origin, bucket, env: {}, stop: () => Promise.resolve() };
  }
  const minio = process.env.MLO_MINIO ?? fileURLToPath(new URL('../../.tools/bin/minio', import.meta.url));
  if (existsSync(minio)) {
    const script = new URL('../../scripts/services/minio.mjs', import.meta.url).href;
    const module = (await import(script)) as { startMinio(): Promise<MinioServer | { skipped: string }> };
    const started = await module.startMinio();
    return 'skipped' in started ? started : { ...started, name: `MinIO ${started.version}` };
  }
  return startMoto();
}

interface MinioServer extends Omit<S3Server, 'name'> {
  readonly version: string;
}

async function startMoto(): Promise<S3Server | { readonly skipped: string }> {
  const port = await freePort();
  const child = spawn(
    'python3',
    [
      '-c',
      `import logging; logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.server import main; main(["-H", "127.0.0.1", "-p", "${port}"])`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  for (let attempt = 0; attempt < 200 && child.exitCode === null && child.pid !== undefined; attempt += 1) {
    // moto accepts an unsigned request for a new bucket.
    const answer = await fetch(`${endpoint}/mlo`, { method: 'PUT' }).catch(() => undefined);
    if (answer?.ok === true) {
      const stop = async (): Promise<void> => {
        child.kill('SIGKILL');
        await ended;
      };
      return { name: 'moto', endpoint, bucket: 'mlo', env, stop };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  return { skipped: 'MLO_TEST_S3 is not set, MinIO is not built, and python3 has no moto.server' };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
