import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lateRequest } from '../../src/connection/late-request.ts';
import type { TcpInfo } from '../../src/tcp/tcp-info.ts';
import { tcpInfo } from './observations.ts';

/**
 * As it was measured: one request of 70 bytes was answered with 124, the peer finished 200 ms later, and a second one
 * of 70 bytes went out 424 ms after that. The RST has come by now.
 *
 *     us                         peer
 *     │ ─── request, 70 B ─────▶ │        628 ms ago
 *     │ ◀── answer, 124 B ────── │        628
 *     │ ◀──────── FIN ────────── │        424   tcpi_last_ack_recv
 *     │ ─── request, 70 B ─────▶ │          0   tcpi_last_data_sent
 *     │ ◀──────── RST ────────── │
 */
const measured: Partial<TcpInfo> = {
  bytesSent: 140,
  bytesAcked: 71,
  bytesReceived: 125,
  lastDataSentMs: 0,
  lastDataReceivedMs: 628,
  lastAckReceivedMs: 424,
};

function late(fields: Partial<TcpInfo> = {}, { bytesRead = 124, bytes = 70 } = {}) {
  return lateRequest(tcpInfo('closed', { ...measured, ...fields }), bytesRead, bytes);
}

describe('lateRequest', () => {
  it('FIN counted, request not acknowledged → late: the FIN 424 ms ago, after 204 ms of idleness', () => {
    assert.deepEqual(late(), { finBeforeMs: 424, peerIdleMs: 204 });
  });

  it('still in CLOSE_WAIT, before the RST → the same', () => {
    const info = tcpInfo('close_wait', measured);
    assert.deepEqual(lateRequest(info, 124, 70), { finBeforeMs: 424, peerIdleMs: 204 });
  });

  it('the two crossed: the FIN came in after the request went out → late all the same', () => {
    assert.deepEqual(late({ lastDataSentMs: 30, lastDataReceivedMs: 5020, lastAckReceivedMs: 20 }), {
      finBeforeMs: 20,
      peerIdleMs: 5000,
    });
  });

  it('the request acknowledged → not late: the peer read it, and gave up', () => {
    assert.equal(late({ bytesAcked: 141 }), undefined);
  });

  it('one byte of it acknowledged → not late', () => {
    assert.notEqual(late({ bytesAcked: 71 }), undefined);
    assert.equal(late({ bytesAcked: 72 }), undefined);
  });

  it('no FIN → not late: the peer crashed or cut the connection off', () => {
    assert.equal(late({ bytesReceived: 124 }), undefined);
  });

  it('a byte that nobody has read, and no FIN to be told from it → not late', () => {
    assert.equal(late({ bytesReceived: 126 }), undefined);
    assert.equal(late({}, { bytesRead: 125 }), undefined);
  });

  it('the request sent twice counts once', () => {
    assert.deepEqual(late({ bytesSent: 210, bytesRetransmitted: 70 }), { finBeforeMs: 424, peerIdleMs: 204 });
    assert.equal(late({ bytesSent: 210, bytesRetransmitted: 70, bytesAcked: 141 }), undefined);
  });

  it('a body that is still queued counts as not acknowledged', () => {
    assert.notEqual(late({ bytesSent: 140, notSentBytes: 5000 }, { bytes: 5070 }), undefined);
    assert.equal(late({ bytesSent: 140, notSentBytes: 5000, bytesAcked: 81 }, { bytes: 5070 }), undefined);
  });

  it('length unknown, or more than a window of it → not told: a peer may have taken the first part', () => {
    assert.equal(lateRequest(tcpInfo('closed', measured), 124, undefined), undefined);
    assert.notEqual(late({ bytesSent: 70 + 65_536 }, { bytes: 65_536 }), undefined);
    assert.equal(late({ bytesSent: 70 + 65_537 }, { bytes: 65_537 }), undefined);
  });

  it('a kernel that does not count what was sent → not told', () => {
    assert.equal(late({ bytesSent: undefined }), undefined);
    assert.equal(late({ bytesAcked: undefined }), undefined);
    assert.equal(late({ bytesReceived: undefined }), undefined);
  });

  it('the last byte with the FIN, as TLS says goodbye → how long it was idle is not known', () => {
    assert.equal(late({ lastDataReceivedMs: 434 })?.peerIdleMs, undefined);
    assert.equal(late({ lastDataReceivedMs: 435 })?.peerIdleMs, 11);
  });

  it('never more than was sent is late', () => {
    const count = fc.nat(200_000);
    fc.assert(
      fc.property(count, count, count, count, (bytesSent, bytesAcked, bytesReceived, bytes) => {
        const found = late({ bytesSent, bytesAcked, bytesReceived }, { bytesRead: bytesReceived - 1, bytes });
        if (found) assert.ok(bytesSent - Math.max(0, bytesAcked - 1) >= bytes);
      }),
    );
  });
});
