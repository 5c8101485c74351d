import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import type { CallSite } from '../../../src/connection/call-site.ts';
import type { PortFailure } from '../../../src/connection/host-fact.ts';
import { ConnectCall } from '../../../src/sources/net/connect-call.ts';
import { Entry } from '../../../src/sources/net/entry.ts';
import { PortFailures } from '../../../src/sources/net/port-failures.ts';
import type { TcpHandle } from '../../../src/sources/net/tcp-handle.ts';
import { endpoint } from '../../../src/tcp/endpoint.ts';
import { seconds } from '../../connection/observations.ts';

const { EADDRNOTAVAIL, EADDRINUSE, ECONNREFUSED } = constants.errno;
const site: CallSite = { frames: () => ['query (/app/db.js:7:3)'] };

interface Attempt {
  readonly status?: number;
  readonly peer?: string;
  readonly port?: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly suppressed?: boolean;
  readonly site?: CallSite | undefined;
  readonly cookie?: number;
}

/** What there is to tell of these attempts to reach 10.0.0.2:5432. */
function after(...attempts: Attempt[]): PortFailure[] {
  const failures = new PortFailures(() => seconds(7));
  for (const attempt of attempts) fail(failures, attempt);
  return [...failures.take()];
}

function fail(failures: PortFailures, { localAddress, localPort, ...attempt }: Attempt): void {
  const { status = EADDRNOTAVAIL, peer = '10.0.0.2', port = 5432, suppressed = false, cookie = 0 } = attempt;
  const call = { at: seconds(6), requested: endpoint('db', port), context: undefined, suppressed };
  const rest = { site: attempt.site, awaitsRequest: false };
  const handle = { fd: -1 } as TcpHandle;
  const owner = { tell: () => {}, outermost: ({ socket }: Entry) => socket };
  const entry = new Entry(1, owner, new Socket(), handle, 'opening', seconds(6), new ConnectCall({ ...call, ...rest }));
  entry.peer = endpoint(peer, port);
  entry.cookie = cookie;
  failures.attempting(handle, { localAddress, localPort });
  failures.failed(entry, -status);
}

describe('connect() found no port', () => {
  it('is counted by destination, with the name and the line that the application has for it', () => {
    assert.deepEqual(after({ site, cookie: 0x4001 }, { site, cookie: 0x4002 }, { peer: '10.0.0.3' }), [
      {
        at: seconds(7),
        error: 'EADDRNOTAVAIL',
        peer: endpoint('10.0.0.2', 5432),
        requested: endpoint('db', 5432),
        localAddress: undefined,
        count: 2,
        sample: [
          { at: seconds(7), connectionId: '4001', site },
          { at: seconds(7), connectionId: '4002', site },
        ],
      },
      {
        at: seconds(7),
        error: 'EADDRNOTAVAIL',
        peer: endpoint('10.0.0.3', 5432),
        requested: endpoint('db', 5432),
        localAddress: undefined,
        count: 1,
        sample: [{ at: seconds(7), connectionId: 'tcp:0.0.0.0:0-10.0.0.3:5432@6000000', site: undefined }],
      },
    ]);
  });

  it('bind() found none for the local address', () => {
    const [failure] = after({ status: EADDRINUSE, localAddress: '10.0.0.1' });
    assert.deepEqual([failure?.error, failure?.localAddress], ['EADDRINUSE', '10.0.0.1']);
  });

  it('is told once', () => {
    const failures = new PortFailures(() => seconds(7));
    fail(failures, {});
    assert.equal([...failures.take()].length, 1);
    assert.equal([...failures.take()].length, 0);
  });

  it('thousands of failures are a number and five of them, one whose line is known first of all', () => {
    const [failure] = after(...Array.from({ length: 5000 }, () => ({})), { site });
    assert.deepEqual([failure?.count, failure?.sample.length], [5001, 5]);
    assert.ok(failure?.sample.some((one) => one.site));
  });

  it('so are thousands of destinations 64 of them', () => {
    const all = after(...Array.from({ length: 5000 }, (_, n) => ({ port: n + 1 })));
    assert.equal(all.length, 64);
  });
});

describe('no want of ports', () => {
  it('the connection was refused', () => assert.deepEqual(after({ status: ECONNREFUSED }), []));

  it('the application named a port, which is taken', () => {
    assert.deepEqual(after({ localPort: 5555, localAddress: '0.0.0.0' }), []);
    assert.deepEqual(after({ status: EADDRINUSE, localPort: 5555, localAddress: '10.0.0.1' }), []);
    assert.equal(after({ status: EADDRINUSE, localPort: 0, localAddress: '10.0.0.1' }).length, 1);
  });

  it('port 0, where nothing listens', () => assert.deepEqual(after({ port: 0 }), []));

  it('an exporter’s own connection', () => assert.deepEqual(after({ suppressed: true }), []));
});
