import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { constants, networkInterfaces } from 'node:os';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation, Row } from '../../../src/connection/observation.ts';
import { NotSupportedError, SynfinError } from '../../../src/errors.ts';
import { type Libc, loadLibc } from '../../../src/ffi/libc.ts';
import { type DumpEnd, dump, rowsTo } from '../../../src/sources/sock-diag/dump.ts';
import { lookUp } from '../../../src/sources/sock-diag/look-up.ts';
import { endpoint, type FourTuple } from '../../../src/tcp/endpoint.ts';
import {
  cookieFromNumber,
  type Instant,
  instant,
  type SocketCookie,
  type SocketIdentity,
} from '../../../src/tcp/identity.ts';
import { type TcpState, tcpStateNames } from '../../../src/tcp/state.ts';
import { freeLook } from '../looks.ts';
import { hexFixture } from './hex-fixture.ts';

const { EAGAIN, EBUSY, ENOBUFS } = constants.errno;

// The dump's own turns of the event loop keep no process alive, and a test must not end before they come.
let awake: NodeJS.Timeout | undefined;
before(() => {
  awake = setInterval(() => {}, 1000);
});
after(() => clearInterval(awake));

function monotonic(): Instant {
  return instant(Number(process.hrtime.bigint() / 1000n));
}

/** A clock that goes on by so many microseconds whenever somebody looks at it. */
function clock(step: number): () => Instant {
  let time = 0;
  return () => {
    time += step;
    return instant(time);
  };
}

interface Dumped {
  readonly end: DumpEnd;
  readonly rows: readonly Row[];
}

async function dumpAll(libc: Libc, states: readonly TcpState[], asked: { info?: boolean } = {}): Promise<Dumped> {
  const rows: Row[] = [];
  const report = (observation: Observation) => void (observation.kind === 'row' && rows.push(observation));
  const { signal } = new AbortController();
  const end = await dump(libc, states, rowsTo(report), {
    now: monotonic,
    signal,
    look: freeLook(),
    asked,
  });
  return { end, rows };
}

/** A kernel that has these datagrams to give, or these -errno, and then nothing more. */
function scripted(datagrams: (DataView | number)[], opened: () => number = () => 3): Libc & { closed: number[] } {
  const closed: number[] = [];
  const libc: Libc & { closed: number[] } = {
    closed,
    tcpInfo: () => 0,
    socketCookie: () => 0,
    peerName: () => -1,
    unread: () => 0,
    openSockDiag: opened,
    send: (_fd, bytes) => bytes.length,
    receive(_fd, into) {
      const next = datagrams.shift() ?? -EAGAIN;
      if (typeof next === 'number') return next;
      into.set(new Uint8Array(next.buffer));
      return next.byteLength;
    },
    // Whatever the test made of them by then.
    sendInPool: async (fd, bytes) => libc.send(fd, bytes),
    receiveInPool: async (fd, into) => libc.receive(fd, into),
    close: (fd) => void closed.push(fd),
  };
  return libc;
}

/** NLMSG_DONE of the dump of AF_INET or AF_INET6, whose sequence numbers are those of the families. */
function done(family: 2 | 10, errno = 0, flags = 2): DataView {
  const bytes = hexFixture('dump-of-nothing');
  bytes.setUint32(8, family, true);
  bytes.setUint16(6, flags, true);
  bytes.setInt32(16, -errno, true);
  return bytes;
}

describe('dump, with a kernel that', () => {
  async function ended(libc: Libc, signal = new AbortController().signal, now = monotonic): Promise<DumpEnd> {
    return dump(libc, ['close_wait'], () => undefined, { now, signal, look: freeLook() });
  }

  it('ends both families with NLMSG_DONE → whole', async () => {
    const libc = scripted([done(2), hexFixture('close-wait-ipv4-mapped')]);
    assert.deepEqual(await ended(libc), { whole: true, rows: 1, malformed: 0, error: undefined });
    assert.deepEqual(libc.closed, [3]);
  });

  it('has nothing yet, then answers → whole', async () => {
    assert.equal((await ended(scripted([-EAGAIN, -EAGAIN, done(2), -EAGAIN, done(10)]))).whole, true);
  });

  it('ends with an error code → not whole, the errno is named', async () => {
    const { whole, error } = await ended(scripted([done(2, ENOBUFS), done(10)]));
    assert.equal(whole, false);
    assert.match(error?.message ?? '', /ENOBUFS/);
  });

  it('refuses → not whole, the errno is named', async () => {
    const refusal = hexFixture('look-up-enoent');
    refusal.setUint32(8, 2, true);
    const { whole, error } = await ended(scripted([refusal]));
    assert.equal(whole, false);
    assert.match(error?.message ?? '', /sock_diag dump: the kernel answered ENOENT/);
  });

  it('interrupts one family → not whole, the other is still dumped', async () => {
    const libc = scripted([done(2, 0, 0x12), hexFixture('close-wait-ipv4-mapped')]);
    assert.deepEqual(await ended(libc), { whole: false, rows: 1, malformed: 0, error: undefined });
  });

  it('tells of a socket that nobody understands → counted, the others reported, not whole', async () => {
    const answer = hexFixture('close-wait-ipv4-mapped');
    answer.setUint8(17, 99);
    assert.deepEqual(await ended(scripted([done(2), answer])), {
      whole: false,
      rows: 0,
      malformed: 1,
      error: undefined,
    });
  });

  it('sends what is no netlink → not whole, with the reason', async () => {
    const answer = hexFixture('close-wait-ipv4-mapped');
    answer.setUint32(124, 3, true);
    const { whole, rows, error } = await ended(scripted([done(2), answer]));
    assert.deepEqual([whole, rows, error?.code], [false, 1, 'SYNFIN_BAD_MESSAGE']);
  });

  it('fails recv → not whole, the errno is named, the descriptor closed', async () => {
    const libc = scripted([-ENOBUFS]);
    assert.match((await ended(libc)).error?.message ?? '', /dumping AF_INET sockets: recv gave ENOBUFS/);
    assert.deepEqual(libc.closed, [3]);
  });

  it('fails send → not whole, the errno is named', async () => {
    const libc = scripted([]);
    libc.send = () => -EBUSY;
    assert.match((await ended(libc)).error?.message ?? '', /send gave EBUSY/);
  });

  it('never answers → given up after 2 s, the descriptor closed', async () => {
    const libc = scripted([done(2)]);
    const { whole, error } = await ended(libc, undefined, clock(100_000));
    assert.equal(whole, false);
    assert.match(error?.message ?? '', /dumping AF_INET6 sockets: the kernel sent nothing for 2 s/);
    assert.deepEqual(libc.closed, [3]);
  });

  it('never comes to an end → given up after 60 s', async () => {
    const libc = scripted([]);
    libc.receive = (_fd, into) => {
      const more = hexFixture('time-wait-ipv4');
      into.set(new Uint8Array(more.buffer));
      return more.byteLength;
    };
    const { whole, error, rows } = await ended(libc, undefined, clock(50_000));
    assert.equal(whole, false);
    assert.match(error?.message ?? '', /not over after 60 s/);
    assert.ok(rows > 100);
  });

  it('has no descriptor left → the error as a value', async () => {
    const error = new SynfinError('SYNFIN_SOURCE_FAILED', 'socket gave EMFILE');
    const libc = scripted([], () => {
      throw error;
    });
    assert.deepEqual(await ended(libc), { whole: false, rows: 0, malformed: 0, error });
    assert.equal(lookUp(libc, { tuple: { local: endpoint('::1', 1), peer: endpoint('::1', 2) } }, monotonic), error);
  });

  it('is asked with an aborted signal, or has it aborted between → not whole, no error', async () => {
    assert.deepEqual(await ended(scripted([done(2), done(10)]), AbortSignal.abort()), {
      whole: false,
      rows: 0,
      malformed: 0,
      error: undefined,
    });
    const controller = new AbortController();
    const libc = scripted([]);
    const end = ended(libc, controller.signal);
    controller.abort();
    assert.deepEqual(await end, { whole: false, rows: 0, malformed: 0, error: undefined });
    assert.deepEqual(libc.closed, [3]);
  });
});

let libc: Libc | undefined;
let skip: string | false = false;
try {
  libc = loadLibc();
  libc.close(libc.openSockDiag());
} catch (error) {
  if (!(error instanceof NotSupportedError)) throw error;
  skip = `needs ${error.requirement}`;
}

const withoutIPv6 = networkInterfaces().lo?.some(({ family }) => family === 'IPv6') ? false : 'needs IPv6 on loopback';

describe('the real kernel', { skip }, () => {
  const open: (Server | Socket)[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) 'listening' in one ? one.close() : one.destroy();
  });

  function kernel(): Libc {
    assert.ok(libc);
    return libc;
  }

  /** A connection that is held at both ends, on `listen`, dialled as `dial`; the accepted side reads nothing. */
  async function connection(
    listen: string,
    dial: string,
  ): Promise<{ client: Socket; accepted: Socket; server: Server }> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    open.push(server);
    await once(server.listen(0, listen, 5), 'listening');
    const arrival = once(server, 'connection');
    const client = connect({ port: (server.address() as AddressInfo).port, host: dial, allowHalfOpen: true });
    open.push(client);
    await once(client, 'connect');
    const [accepted] = (await arrival) as [Socket];
    open.push(accepted);
    return { client, accepted, server };
  }

  function fdOf(socket: Socket | Server): number {
    return (socket as unknown as { _handle: { fd: number } })._handle.fd;
  }

  function cookieOf(socket: Socket | Server): SocketCookie {
    const cookie = cookieFromNumber(kernel().socketCookie(fdOf(socket)));
    assert.ok(cookie);
    return cookie;
  }

  function tupleOf(socket: Socket): FourTuple {
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
    return { local: endpoint(localAddress, localPort), peer: endpoint(remoteAddress, remotePort) };
  }

  function found(id: SocketIdentity): Row {
    const row = lookUp(kernel(), id, monotonic);
    assert.ok(row !== undefined && !(row instanceof SynfinError), String(row));
    return row;
  }

  /** Looks until the kernel shows the state: a FIN takes its time, even on loopback. */
  async function foundIn(state: TcpState, id: SocketIdentity): Promise<Row> {
    for (let tries = 0; tries < 200; tries++) {
      const row = found(id);
      if (row.state === state) return row;
      await sleep(10);
    }
    return assert.fail(`not in ${state}`);
  }

  function byCookie(rows: readonly Row[], cookie: SocketCookie): Row | undefined {
    return rows.find((row) => row.id.cookie === cookie);
  }

  for (const [name, listen, dial, address] of [
    ['IPv4', '127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '::1', '::1'],
    ['IPv4 on a listener on ::', '::', '127.0.0.1', '127.0.0.1'],
  ] as const) {
    it(`${name}: peer's FIN after 5 bytes → CLOSE_WAIT with 6 in the receive queue, by its SO_COOKIE`, {
      skip: listen.includes(':') && withoutIPv6,
    }, async () => {
      const { client, accepted } = await connection(listen, dial);
      const cookie = cookieOf(accepted);
      client.end('hello');
      await foundIn('close_wait', { tuple: tupleOf(accepted) });
      const { end, rows } = await dumpAll(kernel(), ['close_wait']);
      assert.equal(end.whole, true);
      assert.deepEqual([end.rows, end.malformed], [rows.length, 0]);
      assert.ok(rows.every((row) => row.state === 'close_wait'));
      const row = byCookie(rows, cookie);
      assert.equal(row?.receiveQueue, 6);
      assert.deepEqual(row?.id.tuple, tupleOf(accepted));
      assert.equal(row?.id.tuple?.local.address, address);
      assert.equal(row?.uid, process.getuid?.());
      assert.equal(row?.info, undefined);
    });
  }

  it('the other end is then in FIN_WAIT2, and not among the CLOSE_WAIT', async () => {
    const { client, accepted } = await connection('127.0.0.1', '127.0.0.1');
    const cookie = cookieOf(client);
    client.end();
    await foundIn('close_wait', { tuple: tupleOf(accepted) });
    assert.equal(byCookie((await dumpAll(kernel(), ['close_wait'])).rows, cookie), undefined);
    assert.equal(byCookie((await dumpAll(kernel(), ['fin_wait_2'])).rows, cookie)?.state, 'fin_wait_2');
  });

  it('LISTEN → the backlog, with the cookie of the listener', async () => {
    const { server } = await connection('127.0.0.1', '127.0.0.1');
    const { rows } = await dumpAll(kernel(), ['listen']);
    assert.ok(rows.every((row) => row.state === 'listen'));
    assert.equal(byCookie(rows, cookieOf(server))?.sendQueue, 5);
  });

  it('all states, with info → the bytes that each end counted', async () => {
    const { client, accepted } = await connection('127.0.0.1', '127.0.0.1');
    client.write('12345');
    await sleep(50);
    const { end, rows } = await dumpAll(kernel(), tcpStateNames, { info: true });
    assert.equal(end.whole, true);
    assert.equal(byCookie(rows, cookieOf(client))?.info?.bytesSent, 5);
    assert.equal(byCookie(rows, cookieOf(accepted))?.info?.bytesReceived, 5);
    assert.equal(byCookie(rows, cookieOf(accepted))?.receiveQueue, 5);
  });

  it('TIME_WAIT → its cookie is that of the socket it was', async () => {
    const { client, accepted } = await connection('127.0.0.1', '127.0.0.1');
    const [cookie, tuple] = [cookieOf(client), tupleOf(client)];
    client.resume().end();
    accepted.resume().end();
    const row = await foundIn('time_wait', { tuple, cookie });
    assert.equal(row.timer, 'time_wait');
    assert.equal(byCookie((await dumpAll(kernel(), ['time_wait'])).rows, cookie)?.uid, undefined);
  });

  it('many sockets → more than one datagram, each socket once, still whole', async () => {
    const server = createServer({ pauseOnConnect: true }, (socket) => open.push(socket));
    open.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const clients = Array.from({ length: 400 }, () => connect(port, '127.0.0.1'));
    open.push(...clients);
    await Promise.all(clients.map((client) => once(client, 'connect')));
    let receives = 0;
    const counting: Libc = {
      ...kernel(),
      receiveInPool(fd, into) {
        receives++;
        return kernel().receiveInPool(fd, into);
      },
    };
    const { end, rows } = await dumpAll(counting, ['established']);
    assert.equal(end.whole, true);
    const seen = new Set(rows.map((row) => row.id.cookie));
    assert.equal(seen.size, rows.length);
    assert.ok(clients.every((client) => seen.has(cookieOf(client))));
    assert.ok(receives >= 4, `${receives} receives for ${rows.length} rows`);
  });

  it('leaves no descriptor behind, whatever comes of it', async () => {
    await connection('127.0.0.1', '127.0.0.1');
    const count = readdirSync('/proc/self/fd').length;
    await dumpAll(kernel(), tcpStateNames);
    await dump(kernel(), tcpStateNames, () => undefined, {
      now: monotonic,
      signal: AbortSignal.abort(),
      look: freeLook(),
    });
    lookUp(kernel(), { tuple: { local: endpoint('127.0.0.1', 1), peer: endpoint('127.0.0.1', 2) } }, monotonic);
    assert.equal(readdirSync('/proc/self/fd').length, count);
  });

  describe('look-up', () => {
    it('four-tuple → the row with info; its cookie too → the same row', async () => {
      const { client } = await connection('127.0.0.1', '127.0.0.1');
      const row = found({ tuple: tupleOf(client) });
      assert.equal(row.state, 'established');
      assert.equal(row.info?.state, 'established');
      assert.equal(row.id.cookie, cookieOf(client));
      assert.deepEqual(found({ tuple: tupleOf(client), cookie: cookieOf(client) }).id, row.id);
    });

    it('IPv4-mapped socket, asked for by its IPv4 addresses → found', { skip: withoutIPv6 }, async () => {
      const { accepted } = await connection('::', '127.0.0.1');
      assert.equal(found({ tuple: tupleOf(accepted) }).id.cookie, cookieOf(accepted));
    });

    it("another socket's cookie → undefined", async () => {
      const { client, accepted } = await connection('127.0.0.1', '127.0.0.1');
      assert.equal(lookUp(kernel(), { tuple: tupleOf(client), cookie: cookieOf(accepted) }, monotonic), undefined);
    });

    it('unknown four-tuple on a port that listens → undefined, not the listener', async () => {
      const { accepted } = await connection('127.0.0.1', '127.0.0.1');
      const { local } = tupleOf(accepted);
      const tuple = { local, peer: endpoint('127.0.0.1', 1) };
      assert.equal(lookUp(kernel(), { tuple }, monotonic), undefined);
    });

    it('unknown four-tuple on a port that does not (ENOENT) → undefined', () => {
      const tuple = { local: endpoint('127.0.0.1', 1), peer: endpoint('127.0.0.1', 2) };
      assert.equal(lookUp(kernel(), { tuple }, monotonic), undefined);
    });

    it('no four-tuple, or one that cannot be asked for → an error', () => {
      assert.ok(lookUp(kernel(), {}, monotonic) instanceof SynfinError);
      const tuple = { local: endpoint('fe80::1%eth0', 1), peer: endpoint('fe80::2%eth0', 2) };
      assert.ok(lookUp(kernel(), { tuple }, monotonic) instanceof SynfinError);
    });
  });
});
