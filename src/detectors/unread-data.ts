import type { ConnectionView } from '../connection/view.ts';
import { causeOf, waitsForTheLoop } from './cause.ts';
import { clear, type Detector, type Verdict } from './detector.ts';

/**
 * The leak before CLOSE_WAIT: more bytes than the receive buffer holds wait for a reader that never comes, so that the
 * peer's FIN cannot even arrive. It looks like a healthy ESTABLISHED connection to everybody who does not look at the
 * queue.
 *
 *     healthy                               sick
 *       us                    peer            us                    peer
 *       │ ◀────── data ─────── │              │ ◀────── data ─────── │
 *       │ ────── ACK, win ───▶ │              │ ────── ACK, win 0 ─▶ │  the buffer is full
 *       │ ◀────── data ─────── │              │                      │      ⋮
 *       │ ◀────── FIN ──────── │              │      (FIN waits) ─── │      ⋮  probes, for ever
 */
export function unreadData(patience: number): Detector {
  return { kind: 'unread_data', patience, examine };
}

function examine(connection: ConnectionView): Verdict {
  if (connection.state !== 'established' || connection.receiveQueue === 0 || connection.suppressed) return clear;
  if (waitsForTheLoop(connection)) return clear;
  if (connection.signals === undefined && connection.inJavaScript && !connection.released)
    return { kind: 'unknown', why: 'the socket could not be inspected' };
  const cause = causeOf(connection);
  // A second request that waits behind one still being answered is what HTTP/1.1 pipelining looks like.
  if (cause === 'unknown' && connection.signals?.http?.busy) return clear;
  return { kind: 'found', cause };
}
