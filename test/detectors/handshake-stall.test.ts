import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionView } from '../../src/connection/view.ts';
import { handshakeStall } from '../../src/detectors/handshake-stall.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import { sending, view } from './views.ts';

/**
 *     healthy                        sick
 *       us            peer             us            peer
 *       │ ──── SYN ────▶ │             │ ──── SYN ────▶
 *       │ ◀─ SYN+ACK ─── │             │ ──── SYN ────▶
 */
const detector = handshakeStall(10e6);

function verdict(fields: Partial<ConnectionView>): string {
  const synSent = { state: 'syn_sent', signals: undefined, sendQueue: 1 } as const;
  const said = detector.examine(view(1, { ...synSent, sending: sending({ retransmits: 1 }), ...fields }));
  return said.kind === 'found' ? `found: ${said.cause}` : said.kind;
}

describe('handshakeStall', () => {
  it('says what it looks for, and is as patient as it was told', () => {
    assert.deepEqual([detector.kind, detector.patience], ['handshake_stall', 10e6]);
  });

  it('SYN_SENT, the SYN was sent more than once → found', () => {
    assert.equal(verdict({}), 'found: connect_no_answer');
    assert.equal(verdict({ sending: sending({ retransmits: 6 }) }), 'found: connect_no_answer');
  });

  it('SYN_SENT, the SYN was sent once → unknown: the answer may be on its way', () => {
    assert.equal(verdict({ sending: sending({ retransmits: 0 }) }), 'unknown');
  });

  it('SYN_SENT, where nobody tells how often it was sent → found', () => {
    assert.equal(verdict({ sending: undefined }), 'found: connect_no_answer');
  });

  it('given up by the application → clear', () => assert.equal(verdict({ released: true }), 'clear'));

  it('an exporter’s own, opened under suppressed tracing → clear', () => {
    assert.equal(verdict({ suppressed: true }), 'clear');
  });

  for (const state of tcpStateNames)
    if (state !== 'syn_sent') it(`${state} → clear`, () => assert.equal(verdict({ state }), 'clear'));
});
