import type { ConnectionView } from '../connection/view.ts';
import { clear, type Detector, type Verdict } from './detector.ts';

/**
 * We have finished, the peer never does. As long as the descriptor is open there is no timeout; once it is closed, the
 * kernel waits for another minute (tcp_fin_timeout).
 *
 *     healthy                                sick
 *       us                peer                 us                peer
 *       │ ───── FIN ──────▶ │                  │ ───── FIN ──────▶ │
 *       │ ◀──── ACK ─────── │  FIN_WAIT_2      │ ◀──── ACK ─────── │  FIN_WAIT_2
 *       │ ◀──── FIN ─────── │                  │                   │      ⋮   (CLOSE_WAIT over there)
 *       │ ───── ACK ──────▶ │  TIME_WAIT       │                   │      ⋮
 *
 * Not sick: a half-closed connection on which the peer still sends and we read; a client that keeps a connection in its
 * pool which our server's keep-alive timeout has closed, and notices when it next wants to use it.
 */
export function finWait2Stall(patience: number): Detector {
  return { kind: 'fin_wait_2_stall', patience, examine };
}

/** The smallest buffer that Linux fills before it shuts the window: with so much unread, a FIN may wait outside. */
const mayHideTheFin = 32_768;

function examine({ state, role, released, closedWhy, suppressed, receiveQueue }: ConnectionView): Verdict {
  if (state !== 'fin_wait_2' || suppressed) return clear;
  if (released && role === 'server' && closedWhy === 'short_keep_alive_timeout') return clear;
  if (released) return { kind: 'found', cause: 'orphaned' };
  if (receiveQueue >= mayHideTheFin)
    return { kind: 'unknown', why: 'unread bytes may keep the FIN of the peer outside' };
  return { kind: 'found', cause: 'peer_keeps_open' };
}
