import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openingInfoOf, openingOf, rttOf, tcpInfoOf } from '../../../src/sources/net/opening-info.ts';
import type { TcpState } from '../../../src/tcp/state.ts';

const state = fc.constantFrom<TcpState>('established', 'close_wait', 'closed', 'fin_wait_1');
const u32 = fc.oneof(fc.constant(0), fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const counter = fc.option(fc.oneof(fc.constant(0), fc.nat()), { nil: undefined });

describe('what is kept of TCP_INFO when the handshake is over', () => {
  it('comes back as it was, whatever it was', () => {
    fc.assert(
      fc.property(state, u32, u32, u32, counter, counter, counter, (...fields) => {
        const [found, rttUs, lastDataSentMs, lastAckReceivedMs, totalRetransmits, bytesReceived, sentAgain] = fields;
        const ages = { rttUs, lastDataSentMs, lastAckReceivedMs };
        const counters = { totalRetransmits, bytesReceived, bytesRetransmitted: sentAgain };
        const info = tcpInfoOf({ state: found, ...ages, ...counters });
        const kept = openingOf(info);
        assert.deepEqual(openingInfoOf(kept), info);
        assert.equal(rttOf(kept), rttUs);
      }),
    );
  });

  it('established, and nothing sent again or received → one number', () => {
    const nothing = { totalRetransmits: 0, bytesReceived: 0, bytesRetransmitted: 0 };
    const usual = { state: 'established', rttUs: 35, lastDataSentMs: 0, lastAckReceivedMs: 0, ...nothing } as const;
    assert.equal(openingOf(tcpInfoOf(usual)), 35);
    assert.equal(typeof openingOf(tcpInfoOf({ ...usual, lastAckReceivedMs: 4000, lastDataSentMs: 4000 })), 'number');
    assert.equal(typeof openingOf(tcpInfoOf({ ...usual, lastAckReceivedMs: 9000 })), 'object');
    assert.equal(typeof openingOf(tcpInfoOf({ ...usual, bytesReceived: 1 })), 'object');
    assert.equal(typeof openingOf(tcpInfoOf({ ...usual, bytesReceived: undefined })), 'object');
  });
});
