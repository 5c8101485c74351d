import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type Ended, fixture, jsonLines, kernelNeeds, register, run } from './run.ts';

/** How many connections a way of making them must show, in all processes and threads of the program together. */
interface Expected {
  /** Connections that were established, as each side sees them, with a handshake and a teardown. */
  readonly client: number;
  readonly server: number;
  /** Attempts that failed, by error. */
  readonly failed?: readonly string[];
  /** Connected sockets that came from another process: seen, but their handshake is not this process's. */
  readonly adopted?: number;
  /** Server's connections that another process closed for good. */
  readonly handedOver?: number;
  /** Clients that the server's JavaScript never heard of. */
  readonly unheard?: number;
  /** Threads and processes with an agent of their own. */
  readonly agents?: number;
}

const one: Expected = { client: 1, server: 1 };
const none: Expected = { client: 0, server: 0 };

const ways: Readonly<Record<string, Expected>> = {
  'net.connect': one,
  'import { connect }': one,
  'new net.Socket().connect': one,
  'a subclass of net.Socket': one,
  'the same object twice': { client: 2, server: 2 },
  'connect() to nobody': { ...none, failed: ['ECONNREFUSED'] },
  'happy eyeballs': { ...one, failed: ['ECONNREFUSED'] },
  'tls.connect': one,
  'tls.connect({socket})': one,
  'tls.connect over a stream': one,
  'http.get': one,
  'http.Agent with sockets of its own': one,
  'https.get': one,
  'fetch http': one,
  'fetch https': one,
  'http2, in clear': one,
  'http2 over TLS': one,
  'maxConnections exceeded': { client: 2, server: 1, unheard: 1 },
  'cluster, round-robin': { client: 4, server: 4, agents: 3 },
  'cluster, SCHED_NONE': { client: 4, server: 4, agents: 3 },
  'worker thread': { ...one, agents: 2 },
  'process.send': { ...one, adopted: 1, handedOver: 1, agents: 2 },
  'new net.Socket({fd})': { ...one, adopted: 1, agents: 2 },
  'a unix-domain socket': none,
};

interface Report {
  readonly spans: readonly Recorded[];
  readonly connections: readonly { readonly id: string }[];
  readonly seen: readonly { readonly id: string; readonly role: string }[];
  readonly faults?: string;
}

interface Recorded {
  readonly name: 'tcp.handshake' | 'tcp.teardown';
  readonly spanId: string;
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
}

const id = ({ attributes }: Recorded) => String(attributes['synfin.connection.id']);
const role = ({ attributes }: Recorded) => attributes['synfin.tcp.role'];
const failure = ({ attributes }: Recorded) => attributes['error.type'];
const tuple = ({ attributes: a }: Recorded, ends: 'local-peer' | 'peer-local') =>
  ends
    .split('-')
    .map((end) => `${a[`network.${end}.address`]}:${a[`network.${end}.port`]}`)
    .join(' - ');

describe('each way to make a socket in Node', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [way, expected] of Object.entries(ways)) told(way, expected, ['--import', register]);

  told('import { connect }', one, [], ', taken before start() in the code');
});

function told(way: string, expected: Expected, preload: readonly string[], remark = ''): void {
  describe(way + remark, () => {
    let ended: Ended;
    let reports: Report[];
    let handshakes: Recorded[];
    let teardowns: Recorded[];

    before(async () => {
      const path = join(tmpdir(), `synfin-${process.pid}.sock`);
      const env = { NODE_EXTRA_CA_CERTS: fixture('localhost.pem'), SYNFIN_INTERVAL_MS: '100' };
      ended = await run([...preload, fixture('ways.mjs'), way, path], { env });
      reports = jsonLines<Report>(ended.stdout);
      const spans = reports.flatMap((report) => report.spans);
      handshakes = spans.filter(({ name }) => name === 'tcp.handshake');
      teardowns = spans.filter(({ name }) => name === 'tcp.teardown');
    });

    it('leaves the program alone', () => {
      assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, '']);
      assert.equal(reports.length, expected.agents ?? 1);
      for (const { faults } of reports) assert.equal(faults, undefined);
    });

    it('one handshake for each attempt, with its role and its own name: the cookie, or where no addon may be loaded the inode', () => {
      const established = handshakes.filter((span) => failure(span) === undefined);
      assert.equal(established.filter((span) => role(span) === 'client').length, expected.client);
      assert.equal(established.filter((span) => role(span) === 'server').length, expected.server);
      assert.deepEqual(handshakes.map(failure).filter(Boolean), expected.failed ?? []);
      assert.equal(new Set(handshakes.map(id)).size, handshakes.length);
      for (const span of handshakes)
        assert.match(id(span), way === 'worker thread' ? /^(?:ino:\d+|[0-9a-f]+)$/ : /^[0-9a-f]+$/);
    });

    it('one teardown for each that was established, linked to its handshake', () => {
      assert.equal(teardowns.length, expected.client + expected.server - (expected.handedOver ?? 0));
      for (const span of teardowns) {
        const handshake = handshakes.find((candidate) => id(candidate) === id(span));
        assert.deepEqual(span.links, [handshake?.spanId]);
        assert.equal(role(span), handshake && role(handshake));
        assert.equal(tuple(span, 'local-peer'), handshake && tuple(handshake, 'local-peer'));
      }
      assert.equal(new Set(teardowns.map(id)).size, teardowns.length);
    });

    it('both sides name the same four-tuple', () => {
      const clients = handshakes.filter((span) => role(span) === 'client' && failure(span) === undefined);
      const servers = handshakes.filter((span) => role(span) === 'server');
      const mirrored = new Set(servers.map((span) => tuple(span, 'peer-local')));
      const unheard = clients.filter((span) => !mirrored.has(tuple(span, 'local-peer')));
      assert.equal(unheard.length, expected.unheard ?? 0);
      assert.equal(mirrored.size, expected.server);
    });

    it('one record for each in connections()', () => {
      for (const { connections } of reports) {
        const ids = connections.map((connection) => connection.id);
        assert.deepEqual([...new Set(ids)], ids);
        for (const listed of ids) assert.ok(handshakes.some((span) => id(span) === listed));
      }
      const adopted = reports.flatMap(({ seen }) => seen);
      assert.deepEqual(
        adopted.map((connection) => connection.role),
        Array(expected.adopted ?? 0).fill('unknown'),
      );
      // The descriptor is another process's, the kernel's socket is the same.
      for (const connection of adopted) assert.ok(handshakes.some((span) => id(span) === connection.id));
    });

    if (way !== 'happy eyeballs') return;
    it('numbers the attempts of one connect()', () => {
      const attempts = handshakes.filter((span) => role(span) === 'client');
      assert.deepEqual(
        attempts.map(({ attributes }) => attributes['synfin.tcp.connect.attempt']),
        [1, 2],
      );
      assert.deepEqual(
        attempts.map(({ attributes }) => attributes['network.peer.address']),
        ['127.0.0.2', '127.0.0.1'],
      );
      assert.deepEqual(
        attempts.map(({ attributes }) => attributes['server.address']),
        ['two.example', 'two.example'],
      );
      assert.deepEqual(attempts.map(failure), ['ECONNREFUSED', undefined]);
    });
  });
}
