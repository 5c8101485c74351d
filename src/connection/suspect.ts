import type { Lifecycle } from './lifecycle.ts';
import { isHeldUp } from './sending.ts';

/**
 * Worth a closer look: somebody does not read, does not answer or does not close. Every state on the way is a legal
 * transient, so that most are well again at the next look.
 */
export function isSuspect(connection: Lifecycle): boolean {
  const { state, phase, receiveQueue, sending } = connection;
  const isThere = phase === 'open' || wasSeenSinceItsEnd(connection);
  switch (state) {
    case 'syn_sent':
      // Sent again; or the looker does not know, and has found it like this.
      return phase === 'opening' && connection.lookedAt !== undefined && (sending?.retransmits ?? 1) > 0;
    case 'established':
      return phase === 'open' && (receiveQueue > 0 || isStuck(connection));
    case 'close_wait':
    case 'fin_wait_2':
      return isThere;
    case 'fin_wait_1':
    case 'closing':
    case 'last_ack':
      return isThere && isStuck(connection);
    case 'closed':
    case 'listen':
    case 'syn_received':
    case 'time_wait':
      return false;
  }
}

/** The descriptor was closed here, and the kernel showed the connection open after that. */
export function wasSeenSinceItsEnd({ lookedAt, endedAt }: Lifecycle): boolean {
  return lookedAt !== undefined && endedAt !== undefined && lookedAt > endedAt;
}

function isStuck({ sending }: Lifecycle): boolean {
  return sending !== undefined && isHeldUp(sending);
}
