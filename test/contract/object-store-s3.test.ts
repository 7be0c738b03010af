import { afterAll, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { openObjectStore } from '#stores/objects/open-object-store.ts';
import { s3Server } from '../support/s3-server.ts';
import { objectStoreContract } from './object-store.suite.ts';

const server = await s3Server();

if ('skipped' in server) {
  console.warn(`object store contract on S3 skipped: ${server.skipped}`);
  describe.skip(`object store contract: S3 (${server.skipped})`, () => {
    it('needs a server', () => {});
  });
} else {
  const { endpoint, bucket } = server;
  Object.assign(process.env, server.env);
  afterAll(() => server.stop());
  let opened = 0;
  const open = (name = bucket): ReturnType<typeof openObjectStore> => {
    opened += 1;
    const prefix = `test-${process.pid}-${Date.now()}-${opened}`;
    const settings = { url: `s3://${name}/${prefix}`, endpoint_url: endpoint };
    return openObjectStore(settings, '/' as AbsolutePath);
  };
  objectStoreContract(`S3 (${server.name})`, () => open());

  describe(`S3 errors (${server.name})`, () => {
    it('names a missing bucket', async () => {
      const store = await open('no-such-bucket-here');
      await expect(store.put('k', new Uint8Array(1))).rejects.toMatchObject({ code: 'MLO_NO_BUCKET' });
    });
  });
}

describe('S3 without a server', () => {
  it('says that the remote is unreachable', async () => {
    const { s3ObjectStore } = await import('#stores/objects/s3.ts');
    const env = { ...process.env };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' });
    const store = s3ObjectStore({ url: 's3://bucket/p', endpoint_url: 'http://127.0.0.1:9' });
    await expect(store.get('k')).rejects.toMatchObject({
      kind: 'remote',
      code: 'MLO_REMOTE_UNREACHABLE',
      details: { retryable: true },
    });
    process.env = env;
  });

  it('refuses urls that are no S3 urls', async () => {
    const { s3ObjectStore } = await import('#stores/objects/s3.ts');
    expect(() => s3ObjectStore({ url: 's3:///nothing' })).toThrow(/not an S3 url/);
  });
});
