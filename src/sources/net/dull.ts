import type { Instant } from '../../tcp/identity.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import type { Entry } from './entry.ts';

/** Microseconds that nobody would call slow: what is slower is looked at closely by those who judge it. */
const surelyFastUs = 400_000;

/** As above, for the way from the first FIN to the close, in milliseconds. */
const surelyBriefMs = 4000;

/** A handshake of which nobody would say that something happened to it. */
export function isDullHandshake({ handshakeUs, retransmits, state }: Entry): boolean {
  return handshakeUs < surelyFastUs && retransmits === 0 && state !== 'closed';
}

/** A whole life of which nobody would say that something happened to it: no error, no RST, nothing slow or sent twice. */
export function isDullLife(entry: Entry, at: Instant, info: TcpInfo, bytesRead: number): boolean {
  if (info.state === 'closed' || info.totalRetransmits !== 0 || entry.handshakeUs >= surelyFastUs) return false;
  const { endingAt } = entry;
  if (endingAt !== undefined && at - endingAt >= surelyBriefMs * 1000) return false;
  if (info.state === 'established') return info.bytesReceived === bytesRead;
  // The peer's FIN was the last segment that came; it counts as a byte.
  const finSeen = info.state !== 'fin_wait_1' && info.state !== 'fin_wait_2';
  return info.lastAckReceivedMs < surelyBriefMs && info.bytesReceived === bytesRead + (finSeen ? 1 : 0);
}
