import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CallSite } from '../../../src/connection/call-site.ts';
import { type Listener, Listeners } from '../../../src/sources/net/listeners.ts';

const site: CallSite = { frames: () => ['main (/app/server.js:1:1)'] };

let listeners: Listeners;
let end: () => void;
const open: Server[] = [];

beforeEach(() => {
  listeners = new Listeners({
    kernel: () => undefined,
    siteOf: () => site,
    fault: (_, error) => assert.fail(error as Error),
  });
  end = listeners.install();
});

afterEach(() => {
  end();
  for (const server of open.splice(0)) server.close();
});

async function listen(server: Server, ...args: unknown[]): Promise<Server> {
  open.push(server);
  Reflect.apply(server.listen, server, args);
  await once(server, 'listening');
  return server;
}

function only(): Listener {
  const now = listeners.now();
  assert.equal(now.length, 1);
  return now[0] as Listener;
}

describe('a server that listens', () => {
  it('net → where, by which inode, from which line', async () => {
    const server = await listen(net.createServer(), 0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    const { local, inode, fd, cluster, backlog } = only();
    assert.deepEqual(local, { address: '127.0.0.1', port });
    assert.ok((inode ?? 0) > 0 && fd > 0);
    assert.deepEqual([cluster, backlog, only().site], [undefined, undefined, site]);
  });

  it('http, on all addresses, with a backlog by name', async () => {
    await listen(http.createServer(), { port: 0, host: '0.0.0.0', backlog: 7 });
    assert.equal(only().backlog, 7);
    assert.equal(only().local.address, '0.0.0.0');
  });

  it('maxConnections and how many there are, as they are now', async () => {
    const server = await listen(net.createServer(), 0, '127.0.0.1');
    assert.deepEqual([only().maxConnections, only().connections], [undefined, 0]);
    server.maxConnections = 3;
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(server, 'connection');
    assert.deepEqual([only().maxConnections, only().connections], [3, 1]);
    socket.destroy();
  });

  it('a getter in the place of maxConnections → is not asked', async () => {
    const server = await listen(net.createServer(), 0, '127.0.0.1');
    Object.defineProperty(server, 'maxConnections', { get: () => assert.fail('asked') });
    assert.equal(only().maxConnections, undefined);
  });

  it('a cookie, where the kernel is asked', async () => {
    const none = () => undefined;
    const kernel = { cookie: () => 0x1f, tcpInfo: none, unread: none, peer: none, acceptQueue: none };
    const asking = new Listeners({ kernel: () => kernel, siteOf: () => site, fault: () => {} });
    const stop = asking.install();
    await listen(net.createServer(), 0, '127.0.0.1');
    stop();
    assert.equal(asking.now()[0]?.cookie, '1f');
  });

  it('closed → gone; listening again → there again, another socket', async () => {
    const server = await listen(net.createServer(), 0, '127.0.0.1');
    const before = only().inode;
    server.close();
    assert.deepEqual(listeners.now(), []);
    await listen(server, 0, '127.0.0.1');
    assert.notEqual(only().inode, before);
  });

  it('the port is taken → never there', async () => {
    const server = await listen(net.createServer(), 0, '127.0.0.1');
    const second = net.createServer().listen((server.address() as AddressInfo).port, '127.0.0.1');
    await once(second, 'error');
    assert.equal(listeners.now().length, 1);
  });

  it('a pipe → not a TCP server', async () => {
    await listen(net.createServer(), join(tmpdir(), `synfin-${process.pid}.sock`));
    assert.deepEqual(listeners.now(), []);
  });

  it('a thousand that come and go → none is kept', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const gone: WeakRef<Server>[] = [];
    for (let n = 0; n < 1000; n++) {
      const server = net.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      gone.push(new WeakRef(server));
      server.close();
      await once(server, 'close');
    }
    for (let turn = 0; turn < 50 && gone.some((one) => one.deref()); turn++) {
      await new Promise((done) => setTimeout(done, 10));
      gc();
    }
    const kept = gone.filter((one) => one.deref()).length;
    assert.ok(kept <= 1, `${kept} kept`);
    assert.deepEqual(listeners.now(), []);
  });

  it('more than 256 at once → the first 256, and room again when some are closed', async () => {
    for (let n = 0; n < 300; n++) await listen(net.createServer(), 0, '127.0.0.1');
    assert.equal(listeners.now().length, 256);
    for (const server of open.splice(0, 100)) server.close();
    await listen(net.createServer(), 0, '127.0.0.1');
    assert.equal(listeners.now().length, 157);
  });
});

/** What the primary and its worker see of `listen(0)` in the worker. */
async function inCluster(policy: 'rr' | 'none'): Promise<Record<'primary' | 'worker', readonly Partial<Listener>[]>> {
  const child = fork(resolve('test/fixtures/apps/cluster-listeners.mjs'), [policy]);
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [seen] = (await once(child, 'message')) as [Record<'primary' | 'worker', readonly Partial<Listener>[]>];
  clearTimeout(limit);
  return seen;
}

describe('in a cluster', () => {
  it('round robin → the queue is the primary’s; the worker’s server has no descriptor', async () => {
    const { primary, worker } = await inCluster('rr');
    assert.deepEqual([primary[0]?.cluster, primary[0]?.backlog, (primary[0]?.fd ?? 0) > 0], ['primary', 77, true]);
    assert.deepEqual([worker[0]?.cluster, worker[0]?.inode, worker[0]?.fd], ['worker', undefined, -1]);
    assert.deepEqual(primary[0]?.local, worker[0]?.local);
    assert.deepEqual([primary.length, worker.length], [1, 1]);
  });

  it('SCHED_NONE → the workers share one queue', async () => {
    const { primary, worker } = await inCluster('none');
    assert.deepEqual(primary, []);
    assert.deepEqual([worker[0]?.cluster, worker[0]?.backlog], ['worker', 77]);
    assert.ok((worker[0]?.inode ?? 0) > 0 && (worker[0]?.fd ?? 0) > 0);
  });
});
