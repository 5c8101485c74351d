import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '../../../src/connection/observation.ts';
import { CallSites, samplerFor } from '../../../src/sources/net/call-site.ts';
import { NetSource } from '../../../src/sources/net/net-source.ts';
import { instant } from '../../../src/tcp/identity.ts';

/**
 * node closing-programs.js NAME: closes connections in one of the ways that make TIME_WAITs, and prints why the hook
 * thinks that each descriptor was closed: `[["client", "small_pool"], …]`.
 */
const times = 6;

const told: [role: string, why: string | undefined][] = [];
const roles = new Map<number, string>();
const faults: string[] = [];

const now = () => instant(Number(process.hrtime.bigint()) / 1000);
const source = new NetSource({
  now,
  captureContext: () => ({ context: undefined, suppressed: false }),
  kernel: () => undefined,
  sites: new CallSites(samplerFor('off', now), () => {}),
  undiciMade: () => {},
  served: () => {},
  audience: {
    listens: true,
    wantsFailures: true,
    wantsHandshake: () => true,
    wantsTeardown: () => true,
    keep: (context) => context,
    closed: () => {},
    meter: undefined,
    ignores: undefined,
  },
  wake: () => {},
  fault: (where, error) => faults.push(`${where}: ${String(error)}`),
});

function report(said: Observation): void {
  if (said.kind !== 'socket_event') return;
  if (said.event === 'connecting') roles.set(said.socket, 'client');
  if (said.event === 'accepted') roles.set(said.socket, 'server');
  if (said.event === 'closed') told.push([roles.get(said.socket) ?? '?', said.why]);
}

interface Served {
  readonly port: number;
  readonly server: net.Server;
}

async function listening(server: net.Server): Promise<Served> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as net.AddressInfo).port, server };
}

function answering(options: http.ServerOptions = {}, answer = (res: http.ServerResponse) => void res.end('hello')) {
  return listening(http.createServer(options, (_req, res) => answer(res)));
}

function get(port: number, options: http.RequestOptions = {}): Promise<void> {
  return new Promise((done, failed) => {
    const request = http.get({ host: '127.0.0.1', port, ...options }, (response) => {
      response.resume().on('end', () => done());
    });
    request.on('error', failed);
  });
}

async function oneByOne(act: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < times; n++) await act();
}

function atOnce(act: () => Promise<unknown>): Promise<unknown> {
  return Promise.all(Array.from({ length: times }, act));
}

const keepAlive = () => new http.Agent({ keepAlive: true });
const url = (port: number) => `http://127.0.0.1:${port}/`;
const silent = () => answering({}, () => {});
const soon = { keepAliveTimeout: 300 };
const text = async (answer: Promise<Response>) => (await answer).text();

const programs: Record<string, () => Promise<unknown>> = {
  async 'an agent without keep-alive'() {
    const { port } = await answering();
    const agent = new http.Agent({ keepAlive: false });
    await oneByOne(() => get(port, { agent }));
  },
  async 'agent: false'() {
    const { port } = await answering();
    await oneByOne(() => get(port, { agent: false }));
  },
  async 'an agent without keep-alive, its sockets limited'() {
    const { port } = await answering();
    const agent = new http.Agent({ keepAlive: false, maxSockets: 10 });
    await oneByOne(() => get(port, { agent }));
  },
  async 'the server sends Connection: close'() {
    const { port } = await answering({}, (res) => void res.setHeader('connection', 'close').end('hello'));
    const agent = keepAlive();
    await oneByOne(() => get(port, { agent }));
  },
  async 'the client sends Connection: close'() {
    const { port } = await answering();
    const agent = keepAlive();
    await oneByOne(() => get(port, { agent, headers: { connection: 'close' } }));
  },
  async 'fetch with connection: close'() {
    const { port } = await answering();
    await oneByOne(() => text(fetch(url(port), { headers: { connection: 'close' } })));
  },
  async 'fetch from a server that sends Connection: close'() {
    const { port } = await answering({}, (res) => void res.setHeader('connection', 'close').end('hello'));
    await oneByOne(() => text(fetch(url(port))));
  },
  async 'a pool that keeps one'() {
    const { port } = await answering();
    const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 1 });
    await atOnce(() => get(port, { agent }));
  },
  async 'a server that keeps connections for less than a second'() {
    const { port } = await answering(soon);
    const agent = keepAlive();
    await oneByOne(() => get(port, { agent }));
  },
  async 'the same, fetch'() {
    const { port } = await answering(soon);
    await oneByOne(() => text(fetch(url(port))));
  },
  async 'the idle timeout of the server'() {
    const { port } = await answering(soon);
    await atOnce(async () => {
      const socket = net.connect(port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.resume();
      await once(socket, 'close');
    });
  },
  async 'the same over TLS'() {
    const key = readFileSync('test/fixtures/apps/localhost.pem');
    const { port } = await listening(https.createServer({ key, cert: key, ...soon }, (_req, res) => void res.end('x')));
    const tls = await import('node:tls');
    await atOnce(async () => {
      const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.resume();
      await once(socket, 'close');
    });
  },
  async 'the idle timeout of the agent'() {
    const { port } = await answering({ keepAliveTimeout: 60_000 });
    const agent = new http.Agent({ keepAlive: true, timeout: 200 });
    await atOnce(() => get(port, { agent }));
  },
  async 'an agent that is destroyed'() {
    const { port } = await answering();
    const agent = keepAlive();
    await atOnce(() => get(port, { agent }));
    await sleep(20);
    agent.destroy();
  },
  async 'the idle timeout of fetch'() {
    // undici takes a second off what the server says, two in later versions.
    const { port } = await answering({ keepAliveTimeout: 3000 });
    await atOnce(() => text(fetch(url(port))));
    await sleep(3200);
  },
  async 'a timeout before the answer'() {
    const { port } = await silent();
    const agent = keepAlive();
    await atOnce(async () => {
      const request = http.get({ host: '127.0.0.1', port, agent, timeout: 200 });
      request.on('timeout', () => request.destroy()).on('error', () => {});
      await new Promise((done) => request.on('close', done));
    });
  },
  async 'fetch, aborted before the answer'() {
    const { port } = await silent();
    await atOnce(() => fetch(url(port), { signal: AbortSignal.timeout(200) }).catch(() => {}));
  },
  async 'a request that is destroyed within its answer'() {
    const { port } = await answering({}, (res) => void res.write('the first part'));
    const agent = keepAlive();
    await atOnce(async () => {
      const request = http.get({ host: '127.0.0.1', port, agent }).on('error', () => {});
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.on('error', () => {}).on('data', () => request.destroy());
      await new Promise((done) => request.on('close', done));
    });
  },
  async 'a net client that ends first'() {
    const { port } = await listening(net.createServer((socket) => void socket.resume().on('error', () => {})));
    await atOnce(async () => {
      const socket = net.connect(port, '127.0.0.1', () => socket.end());
      await once(socket.resume(), 'close');
    });
  },
  async 'a health check that destroys its socket'() {
    const { port } = await listening(net.createServer((socket) => void socket.resume().on('error', () => {})));
    await atOnce(async () => {
      const socket = net.connect(port, '127.0.0.1', () => socket.destroy());
      await once(socket, 'close');
    });
  },
  async 'an upgrade handler that ends its socket'() {
    const { server, port } = await answering();
    server.on('upgrade', (_req: http.IncomingMessage, socket: net.Socket) => {
      socket.resume().end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    await atOnce(async () => {
      const socket = net.connect(port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      await once(socket.resume(), 'close');
    });
  },
  async 'a socket time-out of the application'() {
    const { port } = await listening(net.createServer((socket) => void socket.resume().on('error', () => {})));
    await atOnce(async () => {
      const socket = net.connect(port, '127.0.0.1');
      socket.setTimeout(100, () => socket.destroy());
      await once(socket, 'close');
    });
  },
};

const stop = new AbortController();
source.start(report, stop.signal);
const program = programs[process.argv[2] ?? ''];
if (program === undefined) {
  console.log(JSON.stringify(Object.keys(programs)));
  process.exit();
}
await program();
await sleep(700);
console.log(JSON.stringify({ told, faults }));
process.exit();
