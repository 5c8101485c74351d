import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { Observation, Row } from '../../../src/connection/observation.ts';
import { type Libc, loadLibc } from '../../../src/ffi/libc.ts';
import { now } from '../../../src/monotonic.ts';
import { OwnSocketSweep } from '../../../src/sources/descriptors/own-sockets.ts';
import { Slices } from '../../../src/sources/slices.ts';
import type { OwnSocket } from '../../../src/sources/source.ts';
import { tcpStates } from '../../../src/tcp/state.ts';
import { kernelNeeds } from '../../system/run.ts';

/** What TCP_INFO says, byte by byte (include/uapi/linux/tcp.h). */
interface Said {
  readonly state: keyof typeof tcpStates;
  readonly retransmits?: number;
  readonly probes?: number;
  readonly backoff?: number;
  /** Segments on their way. */
  readonly unacked?: number;
  readonly received?: number;
}

function libcThatSays(said: () => Said): Libc {
  return {
    tcpInfo(_fd: number, into: Uint8Array) {
      const { state, retransmits = 0, probes = 0, backoff = 0, unacked = 0, received = 0 } = said();
      const view = new DataView(into.buffer);
      [tcpStates[state].linux[0], 0, retransmits, probes, backoff].forEach((byte, at) => void view.setUint8(at, byte));
      view.setUint32(24, unacked, true);
      view.setUint32(128, received, true);
      return 232;
    },
    unread: () => said().received ?? 0,
  } as unknown as Libc;
}

async function rowsOf(sweep: OwnSocketSweep): Promise<Row[]> {
  const rows: Row[] = [];
  const slices = new Slices(now);
  slices.begin();
  const report = (one: Observation) => void (one.kind === 'row' && rows.push(one));
  await sweep.sweep(report, slices, new AbortController().signal);
  slices.end();
  return rows;
}

const socket: OwnSocket = { ref: 1, fd: 9, bytesRead: 0, endRead: false };

describe('a look at one of our own sockets by its descriptor', () => {
  const told: readonly [string, Said, boolean][] = [
    ['established, nothing under way', { state: 'established' }, false],
    ['established, segments on their way', { state: 'established', unacked: 7 }, false],
    ['a segment sent again once', { state: 'established', unacked: 1, retransmits: 1, backoff: 1 }, false],
    ['a segment sent again twice', { state: 'established', unacked: 1, retransmits: 2, backoff: 2 }, true],
    ['a shut window, asked for twice', { state: 'established', unacked: 1, backoff: 2 }, true],
    ['keep-alive probes, nothing to be acknowledged', { state: 'established', probes: 4, backoff: 4 }, false],
    ['unread bytes', { state: 'established', received: 5 }, true],
    ['a SYN, sent once', { state: 'syn_sent', unacked: 1 }, false],
    ['a SYN, sent again', { state: 'syn_sent', unacked: 1, retransmits: 1 }, true],
    ['CLOSE_WAIT', { state: 'close_wait', received: 1 }, true],
    ['FIN_WAIT_2', { state: 'fin_wait_2' }, true],
  ];
  for (const [what, said, expected] of told)
    it(`${what} → ${expected ? 'a row' : 'nothing'}`, async () => {
      const sweep = new OwnSocketSweep(
        libcThatSays(() => said),
        now,
        () => [socket],
      );
      assert.equal((await rowsOf(sweep)).length, expected ? 1 : 0);
    });

  it('one that was held up and goes on → one more row, then nothing', async () => {
    let said: Said = { state: 'established', unacked: 1, retransmits: 4, backoff: 4 };
    const sweep = new OwnSocketSweep(
      libcThatSays(() => said),
      now,
      () => [socket],
    );
    assert.equal((await rowsOf(sweep))[0]?.info?.retransmitsInARow, 4);
    said = { state: 'established', unacked: 2 };
    assert.equal((await rowsOf(sweep))[0]?.info?.retransmitsInARow, 0);
    assert.deepEqual(await rowsOf(sweep), []);
  });
});

it('5,000 busy connections: of none it is said that the peer takes nothing', { skip: kernelNeeds }, async () => {
  const accepted: Socket[] = [];
  const server = createServer((one) => void accepted.push(one.on('data', () => {}).on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const sockets: Socket[] = [];
  for (let batch = 0; batch < 25; batch++)
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const one = connect(port, '127.0.0.1')
          .on('data', () => {})
          .on('error', () => {});
        sockets.push(one);
        await once(one, 'connect');
      }),
    );
  const all = () => [...sockets, ...accepted];
  const own = () =>
    all().map((one, ref) => {
      const handle = (one as unknown as { _handle: { fd: number; bytesRead: number } })._handle;
      return { ref, fd: handle.fd, bytesRead: handle.bytesRead, endRead: false };
    });
  const sweep = new OwnSocketSweep(loadLibc(), now, own);
  const payload = Buffer.alloc(700);
  let unacknowledged = 0;
  for (let round = 0; round < 12; round++) {
    for (const one of all()) one.write(payload);
    const rows = await rowsOf(sweep);
    // Bytes may wait for the loop, which has a lot to do.
    const stalled = rows.filter(({ receiveQueue, sendQueue }) => receiveQueue === 0 && sendQueue > 0);
    unacknowledged += stalled.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(accepted.length, 2500);
  assert.equal(unacknowledged, 0);
  for (const one of all()) one.destroy();
  await new Promise((resolve) => server.close(resolve));
});
