import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stateFromLinux } from '../../src/tcp/state.ts';
import { parseTcpInfo, sendQueueOf, type TcpInfo, tcpInfoSize, unacknowledged } from '../../src/tcp/tcp-info.ts';

/** The bytes of test/fixtures/tcp-info/NAME.hex: two digits each, a comment from `#` to the end of the line. */
function capture(name: string): Uint8Array {
  const text = readFileSync(resolve('test/fixtures/tcp-info', `${name}.hex`), 'utf8');
  const digits = text.replaceAll(/#.*$/gm, '').match(/[0-9a-f]{2}/g) ?? [];
  return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
}

function parse(bytes: Uint8Array): TcpInfo {
  const info = parseTcpInfo(bytes);
  assert.ok(info);
  return info;
}

const established = capture('established-client');
const closeWait = capture('close-wait');

describe('a struct that Linux 6.18 wrote', () => {
  it('ESTABLISHED, 11 bytes sent, 7 received: every field as annotated', () => {
    const { lastDataSentMs, lastDataReceivedMs, lastAckReceivedMs, rttUs, ...rest } = parse(established);
    assert.deepEqual(rest, {
      state: 'established',
      retransmitsInARow: 0,
      probes: 0,
      backoff: 0,
      segmentsUnacknowledged: 0,
      sendWindow: 65_536,
      totalRetransmits: 0,
      // 11 bytes and the SYN.
      bytesAcked: 12,
      bytesReceived: 7,
      notSentBytes: 0,
      bytesSent: 11,
      bytesRetransmitted: 0,
    });
    const view = new DataView(established.buffer);
    assert.deepEqual(
      [lastDataSentMs, lastDataReceivedMs, lastAckReceivedMs, rttUs],
      [44, 52, 56, 68].map((at) => view.getUint32(at, true)),
    );
    assert.ok(rttUs > 0 && lastDataSentMs > lastDataReceivedMs);
  });

  it('CLOSE_WAIT: the FIN counts as one byte received, and as an acceptable ACK, but not as data', () => {
    const info = parse(closeWait);
    assert.equal(info.state, 'close_wait');
    assert.equal(info.bytesReceived, 11 + 1);
    assert.equal(info.bytesSent, 7);
    assert.ok(info.lastAckReceivedMs < info.lastDataReceivedMs);
  });

  it('fits into what is asked for', () => {
    assert.ok(established.length <= tcpInfoSize);
  });
});

describe('kernels of other ages', () => {
  it('104 bytes, as Linux 2.6 wrote them → all up to total_retrans; what came later is undefined, never 0', () => {
    const { bytesAcked, bytesReceived, notSentBytes, bytesSent, bytesRetransmitted, ...early } = parse(
      established.subarray(0, 104),
    );
    assert.deepEqual(
      [bytesAcked, bytesReceived, notSentBytes, bytesSent, bytesRetransmitted],
      [undefined, undefined, undefined, undefined, undefined],
    );
    assert.equal(early.totalRetransmits, 0);
    assert.equal(early.rttUs, parse(established).rttUs);
  });

  const lasts: readonly (readonly [keyof TcpInfo, number])[] = [
    ['bytesAcked', 128],
    ['bytesReceived', 136],
    ['notSentBytes', 148],
    ['bytesSent', 208],
    ['bytesRetransmitted', 216],
    ['sendWindow', 232],
  ];
  for (const [field, end] of lasts)
    it(`${field} is there from ${end} bytes on, not one earlier`, () => {
      assert.equal(parse(established.subarray(0, end - 1))[field], undefined);
      assert.notEqual(parse(established.subarray(0, end))[field], undefined);
    });

  it('a longer struct of a kernel to come → the same', () => {
    const longer = new Uint8Array(tcpInfoSize).fill(0xff);
    longer.set(established);
    assert.deepEqual(parse(longer), parse(established));
  });

  it('fewer than 104 bytes, or a state that no kernel has → undefined', () => {
    for (let length = 0; length < 104; length++) assert.equal(parseTcpInfo(established.subarray(0, length)), undefined);
    for (const state of [0, 14, 255]) {
      const bytes = Uint8Array.from(established);
      bytes[0] = state;
      assert.equal(parseTcpInfo(bytes), undefined);
    }
  });
});

describe('counters', () => {
  it('are 64 bits, least significant byte first: beyond 2^32 nothing wraps', () => {
    const bytes = Uint8Array.from(established);
    new DataView(bytes.buffer).setBigUint64(128, 5_000_000_000n, true);
    assert.equal(parse(bytes).bytesReceived, 5_000_000_000);
  });

  it('from the middle of a buffer, as a row of sock_diag holds them → the same', () => {
    const around = new Uint8Array(3 + established.length + 5).fill(0xee);
    around.set(established, 3);
    assert.deepEqual(parse(around.subarray(3, 3 + established.length)), parse(established));
  });

  const counted = { ...parse(established), bytesSent: 1000, bytesRetransmitted: 100, bytesAcked: 700 };

  it('unacknowledged = sent without retransmits − acked + not yet sent', () => {
    assert.equal(unacknowledged({ ...counted, notSentBytes: 50 }), 1000 - 100 - 700 + 50);
    assert.equal(unacknowledged({ ...counted, bytesRetransmitted: undefined, notSentBytes: undefined }), 300);
  });

  it('unacknowledged is never negative, though SYN and FIN count as acked', () => {
    assert.equal(unacknowledged(parse(established)), 0);
  });

  it('unacknowledged before Linux 4.19 → undefined', () => {
    assert.equal(unacknowledged(parse(established.subarray(0, 200))), undefined);
  });

  it('the send queue is what is unacknowledged, but never 0 while a segment is on its way', () => {
    assert.equal(sendQueueOf({ ...counted, notSentBytes: 50 }), 250);
    const hidden = { ...counted, bytesSent: 1, bytesRetransmitted: 0, bytesAcked: 1, notSentBytes: 0 };
    assert.equal(sendQueueOf({ ...hidden, segmentsUnacknowledged: 1 }), 1);
    assert.equal(sendQueueOf({ ...hidden, segmentsUnacknowledged: 0 }), 0);
  });

  it('before Linux 4.19 the send queue tells of segments and of bytes that were not sent yet', () => {
    const old = parse(established.subarray(0, 200));
    assert.equal(sendQueueOf(old), 0);
    assert.equal(sendQueueOf({ ...old, segmentsUnacknowledged: 3 }), 1);
    assert.equal(sendQueueOf({ ...old, segmentsUnacknowledged: 3, notSentBytes: 70 }), 70);
  });
});

it('any bytes → value or undefined, never a crash', () => {
  const bytes = fc.uint8Array({ maxLength: 320 });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 15 }), fc.boolean(), (random, state, long) => {
      const struct = Uint8Array.from([state, ...random, ...(long ? established : [])]);
      const info = parseTcpInfo(struct);
      assert.equal(info === undefined, struct.length < 104 || stateFromLinux(state) === undefined);
      for (const value of Object.values(info ?? {}))
        assert.ok(typeof value === 'string' || value === undefined || (value as number) >= 0);
      const left = info && unacknowledged(info);
      assert.ok(left === undefined || left >= 0);
    }),
  );
});
