import type { ConnectionView } from '../connection/view.ts';
import { clear, type Detector, type Verdict } from './detector.ts';

/**
 * Nobody answers the SYN: it is sent again and again, until the kernel gives up after two minutes.
 *
 *     healthy                                sick
 *       us                peer                 us
 *       │ ───── SYN ──────▶ │                  │ ───── SYN ──────▶    (a firewall, an address
 *       │ ◀─── SYN+ACK ──── │                  │ ───── SYN ──────▶     where nobody lives, a
 *       │ ───── ACK ──────▶ │  ESTABLISHED     │ ───── SYN ──────▶     full accept queue)
 *
 * Not sick: a SYN that is on its way for the first time; one of several addresses that Node tries and soon gives up.
 */
export function handshakeStall(patience: number): Detector {
  return { kind: 'handshake_stall', patience, examine };
}

function examine({ state, released, suppressed, sending }: ConnectionView): Verdict {
  if (state !== 'syn_sent' || released || suppressed) return clear;
  if (sending?.retransmits === 0) return { kind: 'unknown', why: 'the SYN was sent once' };
  return { kind: 'found', cause: 'connect_no_answer' };
}
