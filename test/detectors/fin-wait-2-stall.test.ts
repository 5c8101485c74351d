import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionView } from '../../src/connection/view.ts';
import { Dwell } from '../../src/detectors/dwell.ts';
import { finWait2Stall } from '../../src/detectors/fin-wait-2-stall.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import { seconds } from '../connection/observations.ts';
import { view } from './views.ts';

/**
 *     healthy                        sick
 *       us            peer             us            peer
 *       │ ──── FIN ────▶ │             │ ──── FIN ────▶ │
 *       │ ◀─── ACK ───── │             │ ◀─── ACK ───── │
 *       │ ◀─── FIN ───── │             │       ⋮        │
 */
const detector = finWait2Stall(30e6);

const finWait2 = { state: 'fin_wait_2', receiveQueue: 0 } as const;

function verdict(fields: Partial<ConnectionView>): string {
  const said = detector.examine(view(1, { ...finWait2, ...fields }));
  return said.kind === 'found' ? `found: ${said.cause}` : said.kind;
}

describe('finWait2Stall', () => {
  it('says what it looks for, and is as patient as it was told', () => {
    assert.deepEqual([detector.kind, detector.patience], ['fin_wait_2_stall', 30e6]);
  });

  it('the descriptor is open → the peer keeps its side open', () => {
    assert.equal(verdict({}), 'found: peer_keeps_open');
    assert.equal(verdict({ inJavaScript: false, signals: undefined }), 'found: peer_keeps_open');
  });

  it('the descriptor is closed → orphaned', () => {
    assert.equal(verdict({ released: true, signals: undefined }), 'found: orphaned');
  });

  it('closed by our own keep-alive timeout, and the client keeps it in its pool → clear; of a client of ours → found', () => {
    const idle = { released: true, signals: undefined, closedWhy: 'short_keep_alive_timeout' } as const;
    assert.equal(verdict({ ...idle, role: 'server' }), 'clear');
    assert.equal(verdict({ ...idle, role: 'client' }), 'found: orphaned');
    assert.equal(verdict({ ...idle, role: 'server', closedWhy: 'closed_by_app' }), 'found: orphaned');
  });

  it('so much is unread that the peer’s FIN may wait outside → unknown: it may be our turn', () => {
    assert.equal(verdict({ receiveQueue: 32_767 }), 'found: peer_keeps_open');
    assert.equal(verdict({ receiveQueue: 32_768 }), 'unknown');
    assert.equal(verdict({ receiveQueue: 32_768, released: true }), 'found: orphaned');
  });

  it('the peer still sends and we read → never ripe', () => {
    const dwell = new Dwell();
    for (let at = 0; at <= 600; at += 5) {
      assert.equal(dwell.isRipe(view(1, { ...finWait2, progress: at }), detector.patience, seconds(at)), false);
      dwell.endLook();
    }
  });

  it('an exporter’s own, opened under suppressed tracing → clear', () => {
    assert.equal(verdict({ suppressed: true }), 'clear');
    assert.equal(verdict({ suppressed: true, released: true }), 'clear');
  });

  for (const state of tcpStateNames)
    if (state !== 'fin_wait_2') it(`${state} → clear`, () => assert.equal(verdict({ state }), 'clear'));
});
