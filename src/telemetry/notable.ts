import { type Lifecycle, teardownStart } from '../connection/lifecycle.ts';

/** A handshake that takes longer than this is slow: on a good line that is more than once around the world. */
const slowHandshakeUs = 500_000;

/** A goodbye that takes longer than this, from the first FIN to the close, is slow. */
const slowTeardownUs = 5_000_000;

/** Whether something happened to the connection that is worth a span of its own: failed, slow, retransmitted, reset. */
export function isNotable(connection: Lifecycle): boolean {
  const { error, closeType, synRetransmits, info } = connection;
  if (error !== undefined || (synRetransmits ?? 0) > 0 || (info?.totalRetransmits ?? 0) > 0) return true;
  if (closeType !== undefined && closeType !== 'fin') return true;
  return isSlow(connection);
}

function isSlow(connection: Lifecycle): boolean {
  const { syn, established, endedAt } = connection;
  if (syn && established && established.at - syn.at > slowHandshakeUs) return true;
  const start = teardownStart(connection);
  return start !== undefined && endedAt !== undefined && endedAt - start.at > slowTeardownUs;
}
