import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sending } from '../../src/connection/sending.ts';
import type { ConnectionView } from '../../src/connection/view.ts';
import { closeWaitLeak } from '../../src/detectors/close-wait-leak.ts';
import { stuckWrite } from '../../src/detectors/stuck-write.ts';
import { Watch } from '../../src/detectors/watch.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import { seconds } from '../connection/observations.ts';
import { lookAt, sending, view } from './views.ts';

/**
 *     healthy                    peer_not_reading              retransmitting
 *       us          peer           us          peer              us
 *       │ ── data ──▶ │            │ ── data ──▶ │  full         │ ── data ──▶
 *       │ ◀── ACK ─── │            │ ◀── win 0 ─ │               │ ── data ──▶   nothing
 *       │ ── data ──▶ │            │ ── probe ─▶ │               │ ── data ──▶   comes back
 */
const detector = stuckWrite(60e6);

function verdict(waiting: Partial<Sending>, fields: Partial<ConnectionView> = {}): string {
  const stuck = { state: 'established', receiveQueue: 0, sendQueue: 13 } as const;
  const said = detector.examine(view(1, { ...stuck, sending: sending(waiting), ...fields }));
  return said.kind === 'found' ? `found: ${said.cause}` : said.kind;
}

const zeroWindow = { backoff: 4, window: 0, retransmits: 0, probes: 0 };
const lost = { retransmits: 3, backoff: 3, window: 65_536, probes: 0 };

describe('stuckWrite', () => {
  it('says what it looks for, and is as patient as it was told', () => {
    assert.deepEqual([detector.kind, detector.patience], ['stuck_write', 60e6]);
  });

  it('the window is shut, and the peer answers each probe → it does not read', () => {
    assert.equal(verdict(zeroWindow), 'found: peer_not_reading');
    assert.equal(verdict({ ...zeroWindow, probes: 2 }), 'found: peer_not_reading');
  });

  it('the window is shut, and three probes in a row were not answered → the peer is gone', () => {
    assert.equal(verdict({ ...zeroWindow, probes: 3 }), 'found: retransmitting');
  });

  it('a segment is sent again and again → the peer is gone', () => {
    assert.equal(verdict(lost), 'found: retransmitting');
    assert.equal(verdict({ ...lost, retransmits: 1 }), 'found: retransmitting');
  });

  it('a segment that the peer drops because its window is shut by now → it does not read', () => {
    assert.equal(verdict({ ...lost, window: 0 }), 'found: peer_not_reading');
  });

  it('an old kernel, which does not tell the window: the timer does', () => {
    assert.equal(verdict({ ...zeroWindow, window: undefined }), 'found: peer_not_reading');
    assert.equal(verdict({ ...lost, window: undefined }), 'found: retransmitting');
  });

  it('a table without counters: by its timer and the retransmits', () => {
    const table = { probes: undefined, backoff: undefined, window: undefined };
    assert.equal(verdict({ ...table, timer: 'probe', retransmits: 0 }), 'found: peer_not_reading');
    assert.equal(verdict({ ...table, timer: 'retransmit', retransmits: 2 }), 'found: retransmitting');
    assert.equal(verdict({ ...table, timer: 'retransmit', retransmits: 0 }), 'clear');
  });

  it('bytes wait, and nobody tells why → unknown', () => {
    const nothing = { timer: undefined, retransmits: undefined, probes: undefined, backoff: undefined };
    assert.equal(verdict({ ...nothing, window: undefined }), 'found: unknown');
  });

  it('bytes on their way for the first time → clear', () => assert.equal(verdict({}), 'clear'));

  it('nothing waits, whatever keep-alive probes are out → clear', () => {
    assert.equal(verdict({}, { sending: undefined, sendQueue: 0 }), 'clear');
  });

  it('an exporter’s own, opened under suppressed tracing → clear', () => {
    assert.equal(verdict(zeroWindow, { suppressed: true }), 'clear');
  });

  const sendingStates = ['established', 'close_wait', 'fin_wait_1', 'closing', 'last_ack'];
  for (const state of tcpStateNames) {
    const expected = sendingStates.includes(state) ? 'found: retransmitting' : 'clear';
    it(`${state} → ${expected}`, () => {
      assert.equal(verdict(lost, { state }), expected);
      assert.equal(verdict(lost, { state, released: true }), expected);
    });
  }
});

describe('stuckWrite, look by look', () => {
  /** Whether there is a finding at the end of two minutes of looks, five seconds apart. */
  function findings(viewAt: (at: number) => ConnectionView): string[] {
    const watch = new Watch([closeWaitLeak(30e6), stuckWrite(60e6)], 'test');
    for (let at = 0; at <= 120; at += 5) watch.look([viewAt(at)], seconds(at), lookAt(at));
    return watch.findings().map(({ kind, cause }) => `${kind} ${cause}`);
  }

  const stuck = { sendQueue: 3_000_000, sending: sending(zeroWindow), receiveQueue: 0 };

  it('CLOSE_WAIT whose bytes the peer does not take → stuck_write alone: it is the peer’s turn', () => {
    assert.deepEqual(
      findings(() => view(1, { ...stuck, state: 'close_wait' })),
      ['stuck_write peer_not_reading'],
    );
  });

  it('a slow peer that takes a little now and then → nothing', () => {
    assert.deepEqual(
      findings((at) => view(1, { ...stuck, state: 'established', ackProgress: Math.floor(at / 55) })),
      [],
    );
  });

  it('the peer sends and is read, but takes nothing → stuck', () => {
    assert.deepEqual(
      findings((at) => view(1, { ...stuck, state: 'established', progress: at })),
      ['stuck_write peer_not_reading'],
    );
  });

  it('goes on through a change of state: end() was called meanwhile', () => {
    assert.deepEqual(
      findings((at) => view(1, { ...stuck, state: at < 100 ? 'established' : 'fin_wait_1' })),
      ['stuck_write peer_not_reading'],
    );
  });
});
