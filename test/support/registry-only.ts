import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempDir } from './temp-dir.ts';

/**
 * A network in which only the npm registry answers. Programs reach it through a proxy that notes every host
 * they ask for; Node programs that ignore the proxy are caught by a preloaded module that notes the host and
 * refuses the connection, so a download script cannot slip by.
 */
export interface RegistryOnly {
  /** The whole environment for programs under test: a fresh home and npm cache, nothing of the user's. */
  readonly env: Readonly<Record<string, string>>;
  readonly registryHost: string;
  /** Hosts asked for, through the proxy or past it, each once, sorted. */
  asked(): readonly string[];
}

export async function registryOnly(registry: string): Promise<RegistryOnly> {
  const dir = await tempDir();
  const log = join(dir, 'hosts.log');
  writeFileSync(log, '');
  const note = (host: string): void => appendFileSync(log, `${host}\n`);
  const registryHost = new URL(registry).hostname;
  const proxy = await startProxy(registryHost, note);
  const trap = join(dir, 'trap.cjs');
  writeFileSync(trap, TRAP);
  const inherited = Object.entries(process.env).filter(([name]) => KEPT.has(name));
  return {
    registryHost,
    asked: () => [...new Set(readFileSync(log, 'utf8').split('\n'))].filter((host) => host !== '').toSorted(),
    env: {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      HOME: dir,
      XDG_DATA_HOME: join(dir, 'data'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      CI: 'true',
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      http_proxy: proxy,
      https_proxy: proxy,
      NO_PROXY: '',
      no_proxy: '',
      npm_config_registry: registry,
      npm_config_cache: join(dir, 'npm-cache'),
      npm_config_userconfig: join(dir, 'npmrc'),
      npm_config_update_notifier: 'false',
      NODE_OPTIONS: `--require ${trap}`,
      MLO_TEST_HOST_LOG: log,
    },
  };
}

const KEPT = new Set(['PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'LANG', 'TMPDIR']);

/** Every way out of Node ends in Socket.connect; loopback is the proxy and what tests serve. */
const TRAP = `
const net = require('node:net');
const { appendFileSync } = require('node:fs');
const original = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof options === 'object' ? (options.path ?? options.host ?? 'localhost') : (args[1] ?? 'localhost');
  if (typeof host === 'string' && !host.startsWith('/') && !/^(localhost|127\\.|::1)/.test(host)) {
    appendFileSync(process.env.MLO_TEST_HOST_LOG, 'past the proxy: ' + host + '\\n');
    process.nextTick(() => this.destroy(Object.assign(new Error('refused by the test: ' + host), { code: 'ECONNREFUSED' })));
    return this;
  }
  return original.apply(this, args);
};
`;

async function startProxy(registryHost: string, note: (host: string) => void): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((asked, answer) => forwardPlain(asked, answer, registryHost, note));
  server.on('connect', (asked: IncomingMessage, client: Socket, head: Buffer) => {
    const [host = '', port = '443'] = (asked.url ?? '').split(':');
    note(host);
    client.on('error', () => client.destroy());
    if (host !== registryHost) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Plain HTTP comes as a request for a whole URL. */
function forwardPlain(
  asked: IncomingMessage,
  answer: ServerResponse,
  registryHost: string,
  note: (host: string) => void,
): void {
  const url = new URL(asked.url ?? '', 'http://no-host');
  note(url.hostname);
  if (url.hostname !== registryHost) {
    answer.writeHead(403).end();
    return;
  }
  const upstream = request(url, { method: asked.method, headers: asked.headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
  });
  upstream.on('error', () => answer.destroy());
  asked.pipe(upstream);
}
