import { isHeldUp, type Sending } from '../connection/sending.ts';
import type { ConnectionView } from '../connection/view.ts';
import type { TcpState } from '../tcp/state.ts';
import { clear, type Detector, type Verdict } from './detector.ts';
import type { CauseOf } from './kinds.ts';

/**
 * Bytes, or a FIN, that the peer does not take: to JavaScript the write may long be done, the kernel still holds it.
 *
 *     healthy                         peer_not_reading                  retransmitting
 *       us              peer            us              peer              us
 *       │ ──── data ────▶ │             │ ──── data ────▶ │  full         │ ──── data ────▶
 *       │ ◀──── ACK ───── │             │ ◀─ ACK, win 0 ─ │               │ ──── data ────▶    nothing
 *       │ ──── data ────▶ │             │ ──── probe ───▶ │               │ ──── data ────▶    comes back
 *       │ ◀──── ACK ───── │             │ ◀─ ACK, win 0 ─ │  ⋮            │ ──── data ────▶    ⋮
 *
 * Not sick: a slow peer that takes a little now and then; a keep-alive probe on an idle connection, which has nothing
 * to be acknowledged.
 */
export function stuckWrite(patience: number): Detector {
  return { kind: 'stuck_write', patience, examine, standstill: ({ ackProgress }) => ackProgress };
}

/** Those in which something of ours can be on its way. */
const sendingStates: ReadonlySet<TcpState> = new Set([
  ...(['established', 'close_wait', 'fin_wait_1', 'closing', 'last_ack'] as const),
]);

function examine({ state, suppressed, sending }: ConnectionView): Verdict {
  if (sending === undefined || suppressed || !sendingStates.has(state)) return clear;
  const cause = causeOf(sending);
  return cause ? { kind: 'found', cause } : clear;
}

/** So many probes of the window in a row without an answer: a peer that is there answers each. */
const mostUnanswered = 3;

/** Undefined where nothing holds it up. */
function causeOf(sending: Sending): CauseOf<'stuck_write'> | undefined {
  const { timer, retransmits, probes = 0, window } = sending;
  if (timer === undefined && retransmits === undefined) return 'unknown';
  if (probes >= mostUnanswered) return 'retransmitting';
  if (!isHeldUp(sending)) return undefined;
  // What was on its way when the window was shut is sent again as well: the peer is there, and drops it.
  if (timer === 'probe' || window === 0) return 'peer_not_reading';
  return (retransmits ?? 0) > 0 ? 'retransmitting' : 'peer_not_reading';
}
