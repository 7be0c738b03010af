import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A real API server over a real etcd, both built from source. No nodes: nothing is ever scheduled. */
export interface KubeCluster {
  readonly version: string;
  readonly kubeconfig: string;
  kubectl(...args: string[]): string;
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('../../scripts/kube-apiserver.sh', import.meta.url));

/** The folder of the built programs, or the reason why there are none. Takes minutes the first time. */
export function buildKube(): { readonly dir: string } | { readonly missing: string } {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
  } catch {
    return { missing: 'kubectl is not installed' };
  }
  try {
    return {
      dir: execFileSync('sh', [SCRIPT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim(),
    };
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return { missing: said.split('\n').at(-1) || String(error) };
  }
}

export async function startKube(programs: string): Promise<KubeCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'mlo-kube-'));
  const [etcdPort, peerPort, port] = await Promise.all([freePort(), freePort(), freePort()]);
  const token = 'test-admin-token';
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(join(dir, 'sa.key'), privateKey);
  await writeFile(join(dir, 'sa.pub'), publicKey);
  await writeFile(join(dir, 'tokens.csv'), `${token},admin,admin,system:masters\n`);
  const kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(port, token));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await once(child, 'exit');
      clearTimeout(timer);
    }
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    children.push(startEtcd(programs, dir, etcdPort, peerPort));
    const server = startApiServer(programs, dir, etcdPort, port);
    children.push(server.child);
    await untilReady(port, token, server);
  } catch (error) {
    await stop();
    throw error;
  }
  const kubectl = (...args: string[]): string =>
    execFileSync('kubectl', [`--kubeconfig=${kubeconfig}`, ...args], { encoding: 'utf8', stdio: 'pipe' });
  const version = JSON.parse(kubectl('version', '-o', 'json')).serverVersion.gitVersion;
  return { version, kubeconfig, kubectl, stop };
}

function startEtcd(programs: string, dir: string, port: number, peerPort: number): ChildProcess {
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return spawn(
    join(programs, 'etcd'),
    [
      `--data-dir=${join(dir, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
    ],
    { stdio: 'ignore' },
  );
}

interface ApiServer {
  readonly child: ChildProcess;
  /** What it wrote, for the message when it does not start. */
  log(): string;
}

function startApiServer(programs: string, dir: string, etcdPort: number, port: number): ApiServer {
  const child = spawn(
    join(programs, 'kube-apiserver'),
    [
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(dir, 'certs')}`,
      `--token-auth-file=${join(dir, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
      `--service-account-key-file=${join(dir, 'sa.pub')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none',
      '--enable-priority-and-fairness=false',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  const keep = (chunk: Buffer): void => void (log = (log + chunk.toString()).slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, log: () => log };
}

async function untilReady(port: number, token: string, server: ApiServer): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if (server.child.exitCode !== null) break;
    if (await isReady(port, token)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`kube-apiserver did not become ready:\n${server.log()}`);
}

function isReady(port: number, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: '/readyz',
        // The server made its certificate itself a moment ago.
        rejectUnauthorized: false,
        headers: { authorization: `Bearer ${token}` },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    call.on('error', () => resolve(false));
    call.end();
  });
}

function kubeconfigText(port: number, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function peerVersions(cluster: KubeCluster): Promise<string> {
  const go = await readFile(new URL('../../scripts/kube/go.mod', import.meta.url), 'utf8');
  return `${cluster.version}, etcd ${/etcd\/server\/v3 (v[\d.]+)/.exec(go)?.[1] ?? ''}`;
}
