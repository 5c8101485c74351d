import type { ConnectionView } from '../connection/view.ts';
import { causeOf, waitsForTheLoop } from './cause.ts';
import { clear, type Detector, type Verdict } from './detector.ts';

/**
 * The peer has finished, this process never does. The kernel waits for ever: CLOSE_WAIT has no timeout.
 *
 *     healthy                              sick
 *       us              peer                 us              peer
 *       │ ◀──── FIN ───── │                  │ ◀──── FIN ───── │
 *       │ ───── ACK ────▶ │  CLOSE_WAIT      │ ───── ACK ────▶ │  CLOSE_WAIT
 *       │ ───── FIN ────▶ │  LAST_ACK        │                 │      ⋮
 *       │ ◀──── ACK ───── │  CLOSED          │                 │      ⋮  (until the process ends)
 *
 * Not sick: a half-closed connection on which bytes still move; one whose bytes the peer does not take (that is a
 * stuck write, and the peer's turn); anything while the event loop is blocked.
 */
export function closeWaitLeak(patience: number): Detector {
  return { kind: 'close_wait_leak', patience, examine };
}

function examine(connection: ConnectionView): Verdict {
  if (connection.state !== 'close_wait' || connection.suppressed) return clear;
  if (waitsForTheLoop(connection)) return clear;
  if (connection.sendQueue > 0) return clear;
  return { kind: 'found', cause: causeOf(connection) };
}
