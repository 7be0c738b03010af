import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '#foundation/brands.ts';
import { addPaths, dataStatus, pullData, pushData } from '#features/data/index.ts';
import { openObjectStore } from '#stores/objects/open-object-store.ts';
import { testProject } from '../support/project.ts';
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

  it(`push and pull over S3 (${server.name})`, async () => {
    const config = `version: 1
remotes:
  origin:
    url: s3://${bucket}/project-${process.pid}-${Date.now()}
    endpoint_url: ${endpoint}
`;
    const project = await testProject(config);
    for (let i = 0; i < 50; i += 1) await project.write(`d/f${i}`, `content ${i}`);
    const large = randomBytes(10_000_000);
    await project.write('large', large);
    await addPaths({ project: project.open(), cwd: project.dir, paths: ['d', 'large'] });
    expect(await pushData({ project: project.open() })).toMatchObject({ items: 2, upToDate: false });
    expect(await pushData({ project: project.open() })).toMatchObject({ upToDate: true });
    for (const path of ['d', 'large', '.mlo/store', '.mlo/remotes']) {
      await rm(join(project.dir, path), { recursive: true });
    }
    await pullData({ project: project.open() });
    expect((await readFile(join(project.dir, 'large'))).equals(large)).toBe(true);
    expect((await dataStatus({ project: project.open() })).dirty).toBe(false);
  });

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
